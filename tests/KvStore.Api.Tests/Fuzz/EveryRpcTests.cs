using Google.Protobuf;
using Google.Protobuf.Reflection;
using KvStore.Api.Calls;
using KvStore.Api.Security;
using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Primitives;
using KvStore.Protocol.Election;
using KvStore.Protocol.Etcd;
using KvStore.Protocol.Health;
using KvStore.Protocol.Lock;
using KvStore.Testing.Wires;

namespace KvStore.Api.Tests.Fuzz;

/// <summary>
/// Ada Logics 2022: every rpc of etcd's services, over a real node, with random messages, damaged ones, and headers that are no text. Goal: each
/// ends with an answer or a refusal that is the client's fault, never the server's, no lane ends, and the next honest call is answered.
/// </summary>
public sealed class EveryRpcTests : IAsyncLifetime
{
    private const int Rounds = 60;

    /// <summary>For those that wait by their nature, until the deadline.</summary>
    private const int WaitingRounds = 6;

    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _waitingDeadline = TimeSpan.FromMilliseconds(100);
    private static readonly HashSet<string> _waiting = new(StringComparer.Ordinal) { "Lock", "Campaign", "Observe", "Watch" };

    private Func<string?> _fatal = null!;
    private ApiHost _host = null!;

    public static MethodDescriptor[] Rpcs { get; } =
        [.. new[] { RpcReflection.Descriptor, ElectionReflection.Descriptor, LockReflection.Descriptor, HealthReflection.Descriptor }.SelectMany(file => file.Services).SelectMany(service => service.Methods)];

    public async Task InitializeAsync()
    {
        var options = new ApiOptions { Time = TimeProvider.System, TickInterval = TimeSpan.FromMilliseconds(10) };
        var calls = new PendingCalls(options);
        var tokens = new SimpleTokens(options.Time, TimeSpan.FromMinutes(5));
        var node = new SingleNode(calls, tokens);
        _fatal = () => node.Fatal;
        _host = await ApiHost.ServeAsync(node, calls, options, ApiHost.SecurityWith(tokens));
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task RandomAndDamagedMessages_AreAnsweredOrRefused()
    {
        Assert.Equal(51, Rpcs.Length);
        var prng = new Prng(2022);
        var messages = new RandomMessages(prng);
        var answered = 0;
        foreach (var rpc in Rpcs)
        {
            for (var round = _waiting.Contains(rpc.Name) ? WaitingRounds : Rounds; round > 0; round--)
            {
                var bytes = messages.Make(rpc.InputType).ToByteArray();
                answered += await IsAnsweredAsync(rpc, prng.Chance(1, 2) ? bytes : DamagedBytes.Of(bytes, prng)) ? 1 : 0;
            }

            Assert.Null(_fatal());
        }

        // A fuzzer that is refused at the door every time shows nothing.
        Assert.True(answered > 500, $"{answered} answers");
        await AssertServesAsync();
    }

    [Fact]
    public async Task HeadersThatAreNoText_EndTheCallAtMost()
    {
        string[] names = ["token", "authorization", "hasleader", "client-api-version", "grpc-timeout", "grpc-encoding", "user-agent", "x-bin"];
        var prng = new Prng(7);
        using var wire = await Http2Wire.ConnectAsync(_host.Http.BaseAddress!.Port);
        await wire.SendAsync(Http2Wire.Hello);
        var stream = -1;
        foreach (var rpc in Rpcs)
        {
            foreach (var name in names)
            {
                stream += 2;
                var value = new string([.. Enumerable.Range(0, 1 + prng.Below(20)).Select(_ => (char)(0x80 + prng.Below(0x80)))]);
                byte[] head = [.. Http2Wire.Head(PathOf(rpc)), .. Http2Wire.Literal(name, value)];
                await wire.SendAsync([.. Http2Wire.Frame(Http2Frame.Headers, Http2Frame.EndHeaders, stream, head), .. Http2Wire.Frame(Http2Frame.Data, Http2Frame.EndStream, stream, Http2Wire.Message([]))]);
                // Some wait by nature: what counts is that the connection and the server live.
                if (_waiting.Contains(rpc.Name))
                    await wire.SendAsync(Http2Wire.Frame(Http2Frame.ResetStream, 0, stream, [0, 0, 0, 8]));
                else
                    await wire.UntilAnsweredAsync(stream);
            }
        }

        Assert.Null(_fatal());
        await AssertServesAsync();
    }

    /// <summary>False when it was refused, which must be for a reason of the client's.</summary>
    private async Task<bool> IsAnsweredAsync(MethodDescriptor rpc, byte[] request)
    {
        var waits = _waiting.Contains(rpc.Name);
        var options = new CallOptions { Timeout = waits ? _waitingDeadline : _deadline, Repeat = RepeatRule.Never };
        try
        {
            if (!rpc.IsClientStreaming && !rpc.IsServerStreaming)
            {
                await _host.Channel.UnaryAsync(PathOf(rpc), request, options);
                return true;
            }

            using var call = _host.Channel.OpenStream(PathOf(rpc), options);
            await call.WriteAsync(request);
            await call.CompleteAsync();
            var messages = 0;
            while (await call.MoveNextAsync())
                messages++;
            return messages > 0;
        }
        catch (GrpcException refused)
        {
            Assert.True(refused.Status.Message != GrpcTexts.InternalError && (waits || refused.Code != StatusCode.DeadlineExceeded),
                $"{rpc.FullName} {Convert.ToHexString(request)}: {refused.Status}");
            return false;
        }
    }

    private async Task AssertServesAsync() => await _host.CallAsync<StatusResponse>("Maintenance/Status", new StatusRequest());

    private static string PathOf(MethodDescriptor rpc) => $"/{rpc.Service.FullName}/{rpc.Name}";
}
