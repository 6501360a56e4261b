using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Google.Protobuf;
using KvStore.Api.Tests.Fuzz;
using KvStore.Grpc;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Api.Tests;

/// <summary>
/// What no honest client sends (hardening 2b, Ada Logics 2022): bytes that are no message, numbers that are no enum, headers that
/// are no text. Every such call ends with a status that says so, and the member goes on.
/// </summary>
public sealed class HostileRequestTests : IAsyncLifetime
{
    private ApiHost _host = null!;

    public async Task InitializeAsync() => _host = await ApiHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    public static TheoryData<string, IMessage> Requests() => new()
    {
        { "KV/Range", new RangeRequest { Key = Bytes("a"), RangeEnd = Bytes("z"), Limit = 3, Revision = 1, SortOrder = RangeRequest.Types.SortOrder.Descend, MinModRevision = 2 } },
        { "KV/RangeStream", new RangeRequest { Key = Bytes("a"), RangeEnd = Bytes("z"), Limit = 3 } },
        { "KV/Put", new PutRequest { Key = Bytes("a"), Value = Bytes("value"), Lease = 5, PrevKv = true, IgnoreLease = true } },
        { "KV/DeleteRange", new DeleteRangeRequest { Key = Bytes("a"), RangeEnd = Bytes("b"), PrevKv = true } },
        { "KV/Txn", Txn() },
        { "KV/Compact", new CompactionRequest { Revision = 1 } },
        { "Lease/LeaseGrant", new LeaseGrantRequest { TTL = 10, ID = 5 } },
        { "Lease/LeaseRevoke", new LeaseRevokeRequest { ID = 5 } },
        { "Lease/LeaseTimeToLive", new LeaseTimeToLiveRequest { ID = 5, Keys = true } },
        { "Lease/LeaseLeases", new LeaseLeasesRequest() },
        { "Cluster/MemberAdd", new MemberAddRequest { PeerURLs = { "http://a:1", "http://b:2" }, IsLearner = true } },
        { "Cluster/MemberRemove", new MemberRemoveRequest { ID = 7 } },
        { "Cluster/MemberUpdate", new MemberUpdateRequest { ID = 7, PeerURLs = { "http://a:1" } } },
        { "Cluster/MemberPromote", new MemberPromoteRequest { ID = 7 } },
        { "Cluster/MemberList", new MemberListRequest { Linearizable = true } },
        { "Maintenance/Alarm", new AlarmRequest { Action = AlarmRequest.Types.AlarmAction.Deactivate, MemberID = 10, Alarm = AlarmType.Nospace } },
        { "Maintenance/Status", new StatusRequest() },
        { "Maintenance/HashKV", new HashKVRequest { Revision = 2 } },
        { "Maintenance/Hash", new HashRequest() },
        { "Maintenance/Defragment", new DefragmentRequest() },
        { "Maintenance/MoveLeader", new MoveLeaderRequest { TargetID = 11 } },
        { "/grpc.health.v1.Health/Check", new Protocol.Health.HealthCheckRequest { Service = "x" } },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Request_OfDamagedBytes_IsAnsweredOrRefused_NeverAnInternalError(string method, IMessage request)
    {
        var prng = new Prng(11);
        for (var i = 0; i < 150; i++)
        {
            var damaged = DamagedBytes.Of(request.ToByteArray(), prng);
            try
            {
                await _host.Channel.UnaryAsync(ApiHost.Path(method), damaged);
            }
            catch (GrpcException refused)
            {
                Assert.NotEqual(GrpcTexts.InternalError, refused.Status.Message);
                Assert.NotEqual(StatusCode.DeadlineExceeded, refused.Code);
            }
        }

        await _host.CallAsync<RangeResponse>("KV/Range", new RangeRequest { Key = Bytes("a") });
    }

    [Fact]
    public async Task WatchRequest_OfDamagedBytes_EndsAtMostItsStream()
    {
        var prng = new Prng(12);
        var request = new WatchRequest
        {
            CreateRequest = new WatchCreateRequest { Key = Bytes("a"), RangeEnd = Bytes("b"), StartRevision = 1, Filters = { (WatchCreateRequest.Types.FilterType)7 }, WatchId = -5 },
        };
        for (var i = 0; i < 100; i++)
        {
            using var stream = _host.Channel.OpenStream(ApiHost.Path("Watch/Watch"));
            await stream.WriteAsync(DamagedBytes.Of(request.ToByteArray(), prng));
            // A good one after it, so that there is an answer in any case. The server may have ended the stream already.
            await stream.WriteAsync(request.ToByteArray()).ContinueWith(static _ => { }, TaskScheduler.Default);
            try
            {
                Assert.True(await stream.MoveNextAsync());
            }
            catch (GrpcException refused)
            {
                Assert.Equal((StatusCode.Internal, GrpcTexts.UnparsableRequest), (refused.Code, refused.Status.Message));
            }
        }
    }

    [Fact]
    public async Task ClientApiVersion_ThatIsNoText_IsRefused()
    {
        Assert.Equal(("3", "etcdserver: invalid client api version"), await CallWithVersionAsync("3.\u00ff"));
        Assert.Equal("0", (await CallWithVersionAsync("3.7")).Status);
    }

    private async Task<(string Status, string Message)> CallWithVersionAsync(string version)
    {
        using var handler = new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1 };
        using var client = new HttpClient(handler);
        var uri = new Uri(_host.Channel.Endpoints[0] + ApiHost.Path("KV/Range"));
        using var message = new HttpRequestMessage(HttpMethod.Post, uri) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        var range = new RangeRequest { Key = Bytes("k") }.ToByteArray();
        message.Content = new ByteArrayContent([0, 0, 0, 0, (byte)range.Length, .. range]);
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        message.Headers.Add("te", "trailers");
        message.Headers.TryAddWithoutValidation("client-api-version", version);
        using var response = await client.SendAsync(message);
        await response.Content.ReadAsByteArrayAsync();
        var headers = response.Headers.Contains("grpc-status") ? response.Headers : response.TrailingHeaders;
        return (headers.GetValues("grpc-status").Single(), headers.TryGetValues("grpc-message", out var text) ? text.Single() : "");
    }

    private static TxnRequest Txn() => new()
    {
        Compare = { new Compare { Key = Bytes("a"), Target = Compare.Types.CompareTarget.Value, Result = Compare.Types.CompareResult.NotEqual, Value = Bytes("v") } },
        Success =
        {
            new RequestOp { RequestPut = new PutRequest { Key = Bytes("a"), Value = Bytes("v") } },
            new RequestOp { RequestTxn = new TxnRequest { Failure = { new RequestOp { RequestRange = new RangeRequest { Key = Bytes("b") } } } } },
        },
        Failure = { new RequestOp { RequestDeleteRange = new DeleteRangeRequest { Key = Bytes("a"), RangeEnd = Bytes("c") } } },
    };

    private static ByteString Bytes(string text) => ByteString.CopyFromUtf8(text);
}
