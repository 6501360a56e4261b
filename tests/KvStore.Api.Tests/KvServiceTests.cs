using Google.Protobuf;
using KvStore.Protocol.Etcd;

namespace KvStore.Api.Tests;

/// <summary>The KV service through a real connection: headers, read-your-writes, refusals before and after the proposal.</summary>
public sealed class KvServiceTests : IAsyncLifetime
{
    private ApiHost _host = null!;

    public async Task InitializeAsync() => _host = await ApiHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Put_ThenRange_ReadsTheWrite()
    {
        var put = await _host.CallAsync<PutResponse>("KV/Put", Put("k", "v"));
        Assert.Equal(new ResponseHeader { ClusterId = 0xC, MemberId = 0xA, RaftTerm = 7, Revision = 2 }, put.Header);
        var range = await _host.CallAsync<RangeResponse>("KV/Range", new RangeRequest { Key = Bytes("k") });
        Assert.Equal(2, range.Header.Revision);
        var kv = Assert.Single(range.Kvs);
        Assert.Equal("v", kv.Value.ToStringUtf8());
        Assert.Equal((2, 2, 1), (kv.CreateRevision, kv.ModRevision, kv.Version));
        Assert.Equal(1, range.Count);
        Assert.Equal(1, _host.Member.Reads);
    }

    [Fact]
    public async Task Put_WithPrevKv_AnswersWithTheVersionBefore()
    {
        await _host.CallAsync<PutResponse>("KV/Put", Put("k", "1"));
        var request = Put("k", "2");
        request.PrevKv = true;
        Assert.Equal("1", (await _host.CallAsync<PutResponse>("KV/Put", request)).PrevKv.Value.ToStringUtf8());
    }

    [Fact]
    public async Task Range_Serializable_AsksNoQuorum()
    {
        _host.Member.ReadError = Protocol.EtcdErrors.Timeout;
        await _host.CallAsync<RangeResponse>("KV/Range", new RangeRequest { Key = Bytes("k"), Serializable = true });
        Assert.Equal(0, _host.Member.Reads);
        Assert.Equal(
            "Unavailable: etcdserver: request timed out", await _host.RefusalAsync("KV/Range", new RangeRequest { Key = Bytes("k") }));
    }

    [Fact]
    public async Task DeleteRange_AnswersWithCountAndPreviousPairs()
    {
        await _host.CallAsync<PutResponse>("KV/Put", Put("a", "1"));
        await _host.CallAsync<PutResponse>("KV/Put", Put("b", "2"));
        var deleted = await _host.CallAsync<DeleteRangeResponse>(
            "KV/DeleteRange", new DeleteRangeRequest { Key = Bytes("a"), RangeEnd = Bytes("c"), PrevKv = true });
        Assert.Equal((2, 4), (deleted.Deleted, deleted.Header.Revision));
        Assert.Equal(["1", "2"], deleted.PrevKvs.Select(kv => kv.Value.ToStringUtf8()));
    }

    // Kubernetes' create: compare, put, empty else. The revision comes from the outer header.
    [Fact]
    public async Task Txn_ThatWrites_GoesThroughTheLog()
    {
        var create = new TxnRequest
        {
            Compare = { new Compare { Key = Bytes("k"), Target = Compare.Types.CompareTarget.Mod, ModRevision = 0 } },
            Success = { new RequestOp { RequestPut = Put("k", "v") } },
        };
        var first = await _host.CallAsync<TxnResponse>("KV/Txn", create);
        Assert.True(first.Succeeded);
        Assert.Equal((2, 2), (first.Header.Revision, first.Responses.Single().ResponsePut.Header.Revision));
        Assert.False((await _host.CallAsync<TxnResponse>("KV/Txn", create)).Succeeded);
        Assert.Equal(2, _host.Member.Proposals);
    }

    [Fact]
    public async Task Txn_ThatOnlyReads_NeverEntersTheLog()
    {
        await _host.CallAsync<PutResponse>("KV/Put", Put("k", "v"));
        var read = new TxnRequest { Success = { new RequestOp { RequestRange = new RangeRequest { Key = Bytes("k") } } } };
        var response = await _host.CallAsync<TxnResponse>("KV/Txn", read);
        Assert.Equal("v", response.Responses.Single().ResponseRange.Kvs.Single().Value.ToStringUtf8());
        Assert.Equal((1, 1), (_host.Member.Proposals, _host.Member.Reads));
    }

    [Fact]
    public async Task Compact_ThenReadBelow_IsRefused()
    {
        for (var i = 0; i < 3; i++)
            await _host.CallAsync<PutResponse>("KV/Put", Put("k", $"{i}"));
        Assert.Equal(4, (await _host.CallAsync<CompactionResponse>("KV/Compact", new CompactionRequest { Revision = 3 })).Header.Revision);
        Assert.Equal(
            "OutOfRange: etcdserver: mvcc: required revision has been compacted",
            await _host.RefusalAsync("KV/Range", new RangeRequest { Key = Bytes("k"), Revision = 2 }));
        Assert.Equal(
            "OutOfRange: etcdserver: mvcc: required revision is a future revision",
            await _host.RefusalAsync("KV/Range", new RangeRequest { Key = Bytes("k"), Revision = 9 }));
    }

    [Fact]
    public async Task RangeStream_Merged_IsTheRange()
    {
        for (var i = 0; i < 50; i++)
            await _host.CallAsync<PutResponse>("KV/Put", Put($"k{i:00}", new string('v', 100)));
        var request = new RangeRequest { Key = Bytes("k"), RangeEnd = Bytes("l") };
        using var stream = _host.Channel.ServerStreaming(ApiHost.Path("KV/RangeStream"), request, RangeStreamResponse.Parser);
        var merged = new RangeResponse();
        var chunks = 0;
        while (await stream.MoveNextAsync())
        {
            Assert.Equal(0, merged.Count);
            merged.MergeFrom(stream.Current.RangeResponse);
            chunks++;
        }

        Assert.True(chunks > 1);
        Assert.Equal(await _host.CallAsync<RangeResponse>("KV/Range", request), merged);
    }

    public static TheoryData<string, IMessage, string> Refusals() => new()
    {
        { "KV/Put", new PutRequest(), "InvalidArgument: etcdserver: key is not provided" },
        { "KV/Put", new PutRequest { Key = Bytes("k"), Value = Bytes("v"), IgnoreValue = true }, "InvalidArgument: etcdserver: value is provided" },
        { "KV/Put", new PutRequest { Key = Bytes("k"), Lease = 1, IgnoreLease = true }, "InvalidArgument: etcdserver: lease is provided" },
        { "KV/Put", new PutRequest { Key = Bytes("k"), IgnoreLease = true }, "InvalidArgument: etcdserver: key not found" },
        { "KV/Put", new PutRequest { Key = Bytes("k"), Lease = 99 }, "NotFound: etcdserver: requested lease not found" },
        { "KV/Put", new PutRequest { Key = Bytes("k"), Value = ByteString.CopyFrom(new byte[1_600_000]) }, "InvalidArgument: etcdserver: request is too large" },
        { "KV/Put", new PutRequest { Key = Bytes("k"), Value = ByteString.CopyFrom(new byte[2_097_152]) }, "ResourceExhausted: grpc: received message larger than max (2097160 vs. 2097152)" },
        { "KV/Range", new RangeRequest(), "InvalidArgument: etcdserver: key is not provided" },
        { "KV/Range", new RangeRequest { Key = Bytes("k"), SortOrder = (RangeRequest.Types.SortOrder)9 }, "InvalidArgument: etcdserver: invalid sort option" },
        { "KV/DeleteRange", new DeleteRangeRequest(), "InvalidArgument: etcdserver: key is not provided" },
        { "KV/Txn", new TxnRequest { Success = { new RequestOp() } }, "InvalidArgument: etcdserver: key not found" },
        { "KV/Txn", new TxnRequest { Success = { Twice("k") } }, "InvalidArgument: etcdserver: duplicate key given in txn request" },
        { "KV/Compact", new CompactionRequest { Revision = 99 }, "OutOfRange: etcdserver: mvcc: required revision is a future revision" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Request_ThatEtcdRefuses_IsRefusedInItsWords(string method, IMessage request, string status) =>
        Assert.Equal(status, await _host.RefusalAsync(method, request));

    // M18: the refusing member raises the alarm, and the state machine keeps refusing; deletions pass.
    [Fact]
    public async Task Put_BeyondTheQuota_IsRefusedAndRaisesTheAlarm()
    {
        await _host.CallAsync<PutResponse>("KV/Put", Put("k", "v"));
        _host.Member.RetainedBytes = long.MaxValue / 2;
        Assert.Equal("ResourceExhausted: etcdserver: mvcc: database space exceeded", await _host.RefusalAsync("KV/Put", Put("k", "v")));
        Assert.Equal(StateMachine.AlarmKind.NoSpace, _host.Member.Applied.Alarms.Single().Kind);
        _host.Member.RetainedBytes = 0;
        Assert.Equal("ResourceExhausted: etcdserver: mvcc: database space exceeded", await _host.RefusalAsync("KV/Put", Put("k", "v")));
        Assert.Equal(1, (await _host.CallAsync<DeleteRangeResponse>("KV/DeleteRange", new DeleteRangeRequest { Key = Bytes("k") })).Deleted);
    }

    [Fact]
    public async Task Put_OnAMemberThatIsFull_IsRefused()
    {
        _host.Member.IsFull = true;
        Assert.Equal("Unknown: etcdserver: too many requests", await _host.RefusalAsync("KV/Put", Put("k", "v")));
    }

    // R16: the caller's deadline ends the waiting; what was proposed stays proposed, and is not said to have failed.
    [Fact]
    public async Task Put_BeyondTheCallersDeadline_EndsTheWaitingOnly()
    {
        _host.Member.HoldsReplies = true;
        Assert.Equal(
            "DeadlineExceeded: context deadline exceeded",
            await _host.RefusalAsync("KV/Put", Put("k", "v"), timeout: TimeSpan.FromMilliseconds(200)));
        _host.Member.Release();
        Assert.Equal(1, (await _host.CallAsync<RangeResponse>("KV/Range", new RangeRequest { Key = Bytes("k") })).Count);
    }

    internal static PutRequest Put(string key, string value) => new() { Key = Bytes(key), Value = Bytes(value) };

    private static ByteString Bytes(string text) => ByteString.CopyFromUtf8(text);

    private static RequestOp[] Twice(string key) =>
        [new RequestOp { RequestPut = Put(key, "1") }, new RequestOp { RequestPut = Put(key, "2") }];
}
