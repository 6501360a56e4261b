using Google.Protobuf;
using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Protocol.Etcd;
using KvStore.Protocol.Lock;

namespace KvStore.Api.Tests.Locks;

/// <summary>Locks by the server (contract 3.10), over a member that applies at once.</summary>
public sealed class LockServiceTests : IAsyncLifetime
{
    private ApiHost _host = null!;

    public async Task InitializeAsync() => _host = await ApiHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Lock_Free_IsGivenUnderEtcdsKey()
    {
        await GrantAsync(0x1f);
        var locked = await LockAsync("door", 0x1f);
        Assert.Equal("door/1f", locked.Key.ToStringUtf8());
        Assert.Equal(2, locked.Header.Revision);
        var key = await _host.CallAsync<RangeResponse>("KV/Range", new RangeRequest { Key = locked.Key });
        Assert.Equal((0x1f, ""), (key.Kvs[0].Lease, key.Kvs[0].Value.ToStringUtf8()));
    }

    [Fact]
    public async Task Lock_WithoutALease_IsASessionOfAMinute()
    {
        var locked = await LockAsync("door", 0);
        var lease = (await _host.CallAsync<RangeResponse>("KV/Range", new RangeRequest { Key = locked.Key })).Kvs[0].Lease;
        Assert.Equal($"door/{lease:x}", locked.Key.ToStringUtf8());
        Assert.Equal(60, (await _host.CallAsync<LeaseTimeToLiveResponse>("Lease/LeaseTimeToLive", new LeaseTimeToLiveRequest { ID = lease })).GrantedTTL);
    }

    [Fact]
    public async Task Lock_AgainWithTheSameLease_IsGivenAtOnce()
    {
        await GrantAsync(1);
        var first = await LockAsync("door", 1);
        var second = await LockAsync("door", 1);
        Assert.Equal((first.Key, first.Header.Revision), (second.Key, second.Header.Revision));
    }

    [Fact]
    public async Task Lock_Taken_IsGivenInTheOrderOfComing()
    {
        using var events = await KeyEvents.OfAsync(_host, "door/");
        var waiting = new List<Task<LockResponse>>();
        for (var lease = 1; lease <= 4; lease++)
        {
            await GrantAsync(lease);
            waiting.Add(LockAsync("door", lease));
            Assert.Equal($"PUT door/{lease}", await events.NextAsync());
        }

        for (var lease = 1; lease <= 4; lease++)
        {
            var locked = await waiting[lease - 1];
            Assert.Equal($"door/{lease}", locked.Key.ToStringUtf8());
            Assert.All(waiting.Skip(lease), other => Assert.False(other.IsCompleted));
            await UnlockAsync(locked.Key);
            Assert.Equal($"DELETE door/{lease}", await events.NextAsync());
        }
    }

    /// <summary>Jepsen 3.4.3: many take turns; nobody is ever in while another is.</summary>
    [Fact]
    public async Task Lock_ManyAtOnce_NeverHasTwoHolders()
    {
        var inside = 0;
        var turns = 0;
        await Parallel.ForEachAsync(Enumerable.Range(1, 24), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (lease, _) =>
        {
            await GrantAsync(lease);
            var locked = await LockAsync("door", lease);
            Assert.Equal(1, Interlocked.Increment(ref inside));
            await _host.CallAsync<PutResponse>("KV/Put", KvServiceTests.Put("work", $"{lease}"));
            Assert.Equal(0, Interlocked.Decrement(ref inside));
            turns++;
            await UnlockAsync(locked.Key);
        });
        Assert.Equal(24, turns);
    }

    [Fact]
    public async Task Lock_CallerGoesAway_GivesItsPlaceUp()
    {
        using var events = await KeyEvents.OfAsync(_host, "door/");
        await GrantAsync(1);
        await GrantAsync(2);
        await LockAsync("door", 1);
        Assert.Equal("PUT door/1", await events.NextAsync());
        using var leaving = new CancellationTokenSource();
        var waiting = _host.Channel.UnaryAsync("/v3lockpb.Lock/Lock", Request("door", 2).ToByteArray(), new CallOptions(), leaving.Token);
        Assert.Equal("PUT door/2", await events.NextAsync());
        await leaving.CancelAsync();
        Assert.Equal("DELETE door/2", await events.NextAsync());
        await Assert.ThrowsAsync<GrpcException>(() => waiting);
    }

    [Fact]
    public async Task Lock_DeadlinePasses_GivesItsPlaceUpAndSaysSo()
    {
        using var events = await KeyEvents.OfAsync(_host, "door/");
        await GrantAsync(1);
        await GrantAsync(2);
        await LockAsync("door", 1);
        Assert.Equal("PUT door/1", await events.NextAsync());
        Assert.Equal(
            "DeadlineExceeded: context deadline exceeded",
            await _host.RefusalAsync("/v3lockpb.Lock/Lock", Request("door", 2), timeout: TimeSpan.FromMilliseconds(300)));
        Assert.Equal("PUT door/2", await events.NextAsync());
        Assert.Equal("DELETE door/2", await events.NextAsync());
    }

    /// <summary>L12: after the wait the place is looked at again; its lease may be gone.</summary>
    [Fact]
    public async Task Lock_LeaseLostWhileWaiting_IsAnError()
    {
        using var events = await KeyEvents.OfAsync(_host, "door/");
        await GrantAsync(1);
        await GrantAsync(2);
        var held = await LockAsync("door", 1);
        var waiting = _host.RefusalAsync("/v3lockpb.Lock/Lock", Request("door", 2));
        Assert.Equal("PUT door/1", await events.NextAsync());
        Assert.Equal("PUT door/2", await events.NextAsync());
        await _host.CallAsync<LeaseRevokeResponse>("Lease/LeaseRevoke", new LeaseRevokeRequest { ID = 2 });
        Assert.Equal("DELETE door/2", await events.NextAsync());
        Assert.False(waiting.IsCompleted);
        await UnlockAsync(held.Key);
        Assert.Equal("Unknown: mutex: session is expired", await waiting);
    }

    [Fact]
    public async Task Lock_RevisionOfTheHolderCompacted_StillWaits()
    {
        using var events = await KeyEvents.OfAsync(_host, "door/");
        await GrantAsync(1);
        await GrantAsync(2);
        var held = await LockAsync("door", 1);
        var waiting = LockAsync("door", 2);
        Assert.Equal("PUT door/1", await events.NextAsync());
        Assert.Equal("PUT door/2", await events.NextAsync());
        var latest = await _host.CallAsync<PutResponse>("KV/Put", KvServiceTests.Put("other", "x"));
        await _host.CallAsync<CompactionResponse>("KV/Compact", new CompactionRequest { Revision = latest.Header.Revision });
        await UnlockAsync(held.Key);
        Assert.Equal("door/2", (await waiting).Key.ToStringUtf8());
    }

    [Fact]
    public async Task Refusals_AreEtcdsTextsWithoutACode()
    {
        Assert.Equal("Unknown: etcdserver: requested lease not found", await _host.RefusalAsync("/v3lockpb.Lock/Lock", Request("door", 99)));
        Assert.Equal("Unknown: etcdserver: key is not provided", await _host.RefusalAsync("/v3lockpb.Lock/Unlock", new UnlockRequest()));
    }

    [Fact]
    public async Task Unlock_OfWhatNobodyHolds_IsGranted() => Assert.Equal(1, (await UnlockAsync(ByteString.CopyFromUtf8("door/1"))).Header.Revision);

    private Task<LockResponse> LockAsync(string name, long lease) => _host.CallAsync<LockResponse>("/v3lockpb.Lock/Lock", Request(name, lease));

    private Task<UnlockResponse> UnlockAsync(ByteString key) => _host.CallAsync<UnlockResponse>("/v3lockpb.Lock/Unlock", new UnlockRequest { Key = key });

    private Task<LeaseGrantResponse> GrantAsync(long lease) => _host.CallAsync<LeaseGrantResponse>("Lease/LeaseGrant", new LeaseGrantRequest { ID = lease, TTL = 100 });

    private static LockRequest Request(string name, long lease) => new() { Name = ByteString.CopyFromUtf8(name), Lease = lease };
}
