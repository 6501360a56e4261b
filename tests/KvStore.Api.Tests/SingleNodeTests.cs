using Google.Protobuf;
using KvStore.Api.Calls;
using KvStore.Protocol.Etcd;

namespace KvStore.Api.Tests;

/// <summary>The services over a real node: what the rooms promise each other holds where they meet.</summary>
public sealed class SingleNodeTests : IAsyncLifetime
{
    private ApiHost _host = null!;

    public async Task InitializeAsync()
    {
        var options = new ApiOptions { Time = TimeProvider.System, TickInterval = TimeSpan.FromMilliseconds(10) };
        var calls = new PendingCalls(options);
        _host = await ApiHost.ServeAsync(new SingleNode(calls), calls, options);
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    // The very first call waits for the first election.
    [Fact]
    public async Task PutAndRange_OnANewMember_Work()
    {
        var put = await _host.CallAsync<PutResponse>("KV/Put", KvServiceTests.Put("k", "v"));
        Assert.Equal(2, put.Header.Revision);
        var range = await _host.CallAsync<RangeResponse>("KV/Range", new RangeRequest { Key = ByteString.CopyFromUtf8("k") });
        Assert.Equal("v", range.Kvs.Single().Value.ToStringUtf8());
        var members = await _host.CallAsync<MemberListResponse>("Cluster/MemberList", new MemberListRequest { Linearizable = true });
        Assert.Equal(put.Header.MemberId, members.Members.Single().ID);
    }

    [Fact]
    public async Task ConcurrentPuts_AreEachAnsweredWithTheirOwnRevision()
    {
        var revisions = new System.Collections.Concurrent.ConcurrentBag<long>();
        await Parallel.ForEachAsync(Enumerable.Range(0, 500), new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, _) =>
        {
            var put = await _host.CallAsync<PutResponse>("KV/Put", KvServiceTests.Put($"k{i % 7}", $"{i}"));
            revisions.Add(put.Header.Revision);
            var read = await _host.CallAsync<RangeResponse>("KV/Range", new RangeRequest { Key = ByteString.CopyFromUtf8($"k{i % 7}") });
            Assert.True(read.Kvs.Single().ModRevision >= put.Header.Revision, "a client reads what was acknowledged to it");
        });
        Assert.Equal(Enumerable.Range(2, 500).Select(revision => (long)revision), revisions.Order());
    }

    [Fact]
    public async Task Watch_FromThePastAndLive_SeesEveryPutOnce()
    {
        for (var i = 0; i < 50; i++)
            await _host.CallAsync<PutResponse>("KV/Put", KvServiceTests.Put("k", $"{i}"));
        using var watch = _host.Channel.Duplex<WatchRequest, WatchResponse>(ApiHost.Path("Watch/Watch"), WatchResponse.Parser);
        await watch.WriteAsync(new WatchRequest
        {
            CreateRequest = new WatchCreateRequest { Key = ByteString.CopyFromUtf8("k"), StartRevision = 2, PrevKv = true },
        });
        var writing = Parallel.ForEachAsync(Enumerable.Range(50, 200), async (i, _) =>
            await _host.CallAsync<PutResponse>("KV/Put", KvServiceTests.Put("k", $"{i}")));
        var seen = new List<Protocol.Mvcc.Event>();
        while (seen.Count < 250)
        {
            Assert.True(await watch.MoveNextAsync());
            seen.AddRange(watch.Current.Events);
        }

        await writing;
        Assert.Equal(Enumerable.Range(2, 250).Select(revision => (long)revision), seen.Select(e => e.Kv.ModRevision));
        Assert.Null(seen[0].PrevKv);
        Assert.All(seen.Zip(seen.Skip(1)), pair => Assert.Equal(pair.First.Kv, pair.Second.PrevKv));
    }

    [Fact]
    public async Task Lease_ExpiresOnItsOwn_AndItsKeyIsDeletedBeforeTheWatchersEyes()
    {
        var lease = await _host.CallAsync<LeaseGrantResponse>("Lease/LeaseGrant", new LeaseGrantRequest { TTL = 3 });
        await _host.CallAsync<PutResponse>("KV/Put", new PutRequest { Key = ByteString.CopyFromUtf8("k"), Lease = lease.ID });
        using var keepAlive = _host.Channel.Duplex<LeaseKeepAliveRequest, LeaseKeepAliveResponse>(
            ApiHost.Path("Lease/LeaseKeepAlive"), LeaseKeepAliveResponse.Parser);
        await keepAlive.WriteAsync(new LeaseKeepAliveRequest { ID = lease.ID });
        Assert.True(await keepAlive.MoveNextAsync());
        Assert.Equal((lease.ID, lease.TTL), (keepAlive.Current.ID, keepAlive.Current.TTL));
        var left = await _host.CallAsync<LeaseTimeToLiveResponse>("Lease/LeaseTimeToLive", new LeaseTimeToLiveRequest { ID = lease.ID, Keys = true });
        Assert.Equal(lease.TTL, left.GrantedTTL);
        Assert.Equal("k", left.Keys.Single().ToStringUtf8());
        using var watch = _host.Channel.Duplex<WatchRequest, WatchResponse>(ApiHost.Path("Watch/Watch"), WatchResponse.Parser);
        await watch.WriteAsync(new WatchRequest { CreateRequest = new WatchCreateRequest { Key = ByteString.CopyFromUtf8("k"), StartRevision = 3 } });
        do
            Assert.True(await watch.MoveNextAsync());
        while (watch.Current.Events.Count == 0);
        Assert.Equal(Protocol.Mvcc.Event.Types.EventType.Delete, watch.Current.Events.Single().Type);
    }

    [Fact]
    public async Task CompactPhysical_IsAnsweredWhenItIsDone_AndWatchesBelowAreTold()
    {
        for (var i = 0; i < 20; i++)
            await _host.CallAsync<PutResponse>("KV/Put", KvServiceTests.Put("k", $"{i}"));
        await _host.CallAsync<CompactionResponse>("KV/Compact", new CompactionRequest { Revision = 10, Physical = true });
        var hash = await _host.CallAsync<HashKVResponse>("Maintenance/HashKV", new HashKVRequest());
        Assert.Equal((10, 21), (hash.CompactRevision, hash.HashRevision));
        using var watch = _host.Channel.Duplex<WatchRequest, WatchResponse>(ApiHost.Path("Watch/Watch"), WatchResponse.Parser);
        await watch.WriteAsync(new WatchRequest { CreateRequest = new WatchCreateRequest { Key = ByteString.CopyFromUtf8("k"), StartRevision = 5 } });
        Assert.True(await watch.MoveNextAsync());
        Assert.True(watch.Current.Created);
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal((true, 10, 0), (watch.Current.Canceled, watch.Current.CompactRevision, watch.Current.Header.Revision));
    }

    [Fact]
    public async Task Status_OfARealMember_IsComplete()
    {
        await _host.CallAsync<PutResponse>("KV/Put", KvServiceTests.Put("k", "v"));
        var status = await _host.CallAsync<StatusResponse>("Maintenance/Status", new StatusRequest());
        Assert.Equal(status.Header.MemberId, status.Leader);
        Assert.True(status.DbSize > 0 && status.RaftIndex > 0 && status.RaftAppliedIndex > 0 && status.RaftTerm > 0);
        Assert.Empty(status.Errors);
    }

    /// <summary>The stream is etcd's: pieces that count down to zero, no header, and the SHA-256 of all of them as the last one.</summary>
    [Fact]
    public async Task Snapshot_IsCountedDownAndEndsWithItsSum()
    {
        for (var i = 0; i < 40; i++)
            await _host.CallAsync<PutResponse>("KV/Put", KvServiceTests.Put($"k{i}", new string('v', 10_000)));
        var pieces = await SnapshotAsync();
        var body = pieces.SkipLast(1).ToList();
        Assert.All(pieces, piece => Assert.Equal((null, "3.7.0"), (piece.Header, piece.Version)));
        Assert.All(body.SkipLast(1), piece => Assert.Equal(32 * 1024, piece.Blob.Length));
        Assert.Equal(0UL, pieces[^1].RemainingBytes);
        var left = (ulong)body.Sum(piece => piece.Blob.Length);
        Assert.True(left is > 400_000 and < 600_000, $"{left} bytes");
        foreach (var piece in body)
            Assert.Equal(left -= (ulong)piece.Blob.Length, piece.RemainingBytes);
        var sum = System.Security.Cryptography.SHA256.HashData(body.SelectMany(piece => piece.Blob.ToByteArray()).ToArray());
        Assert.Equal(sum, pieces[^1].Blob.ToByteArray());
    }

    /// <summary>Copies are given back, also by callers who leave in the middle: a member with room for a few serves many.</summary>
    [Fact]
    public async Task Snapshot_AbandonedManyTimes_IsStillServed()
    {
        for (var i = 0; i < 40; i++)
            await _host.CallAsync<PutResponse>("KV/Put", KvServiceTests.Put($"k{i}", new string('v', 100_000)));
        for (var i = 0; i < 12; i++)
        {
            using var stream = _host.Channel.ServerStreaming(ApiHost.Path("Maintenance/Snapshot"), new SnapshotRequest(), SnapshotResponse.Parser);
            try
            {
                Assert.True(await stream.MoveNextAsync());
            }
            catch (Grpc.GrpcException refused) when (refused.Message.Contains("too many requests", StringComparison.Ordinal))
            {
                // Those left before are still being given back.
            }
        }

        while (true)
        {
            try
            {
                Assert.True((await SnapshotAsync()).Count > 100);
                return;
            }
            catch (Grpc.GrpcException refused) when (refused.Message.Contains("too many requests", StringComparison.Ordinal))
            {
                await Task.Yield();
            }
        }
    }

    private async Task<List<SnapshotResponse>> SnapshotAsync()
    {
        var pieces = new List<SnapshotResponse>();
        using var stream = _host.Channel.ServerStreaming(ApiHost.Path("Maintenance/Snapshot"), new SnapshotRequest(), SnapshotResponse.Parser);
        while (await stream.MoveNextAsync())
            pieces.Add(stream.Current);
        return pieces;
    }
}
