using KvStore.Client.Tests.Support;
using KvStore.Grpc;

namespace KvStore.Client.Tests.Connection;

/// <summary>Answers that are lost on their way, and members that fall silent.</summary>
[Collection(MembersCollection.Name)]
public sealed class FaultyWireTests(Members members)
{
    public static TheoryData<string> Both => Members.Both;

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Write_WhoseAnswerIsLost_IsAnErrorAndWasDoneOnce(string which)
    {
        await using var wire = new FaultyWire(members[which].ClientPort);
        using var whole = new KvClient(new KvClientOptions { Endpoints = [wire.Endpoint], CallTimeout = Limits.Patience });
        var client = whole.WithPrefix($"test-{Guid.NewGuid():N}/");
        var before = (await client.Kv.PutAsync("counted", "0")).Revision;
        for (var i = 1; i <= 5; i++)
        {
            wire.StealNext();
            var lost = await Assert.ThrowsAsync<GrpcException>(() => client.Kv.PutAsync("counted", "again"));
            Assert.Equal((StatusCode.Unavailable, false, i), (lost.Code, lost.NeverSent, wire.Stolen));
            var entry = await client.Kv.GetAsync("counted");
            Assert.Equal((i + 1, before.Value + i), (entry!.Version, entry.ModRevision.Value));
        }
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Read_WhoseAnswerIsLost_IsAskedAgain(string which)
    {
        await using var wire = new FaultyWire(members[which].ClientPort);
        using var whole = new KvClient(new KvClientOptions { Endpoints = [wire.Endpoint], CallTimeout = Limits.Patience });
        var client = whole.WithPrefix($"test-{Guid.NewGuid():N}/");
        await client.Kv.PutAsync("key", "value");
        wire.StealNext();
        Assert.Equal("value", (await client.Kv.GetAsync("key"))!.Value.ToString());
        Assert.Equal(1, wire.Stolen);
    }

    /// <summary>Entering the line of a lock is a write that may be repeated: it finds its own place.</summary>
    [Theory]
    [MemberData(nameof(Both))]
    public async Task Lock_WhoseAnswerIsLost_IsHeldOnce(string which)
    {
        await using var wire = new FaultyWire(members[which].ClientPort);
        using var whole = new KvClient(new KvClientOptions { Endpoints = [wire.Endpoint], CallTimeout = Limits.Patience });
        var client = whole.WithPrefix($"test-{Guid.NewGuid():N}/");
        await using var session = await Session.OpenAsync(client, TimeSpan.FromSeconds(60));
        wire.StealNext();
        await using var held = await session.LockAsync("door", Limits.Patient());
        Assert.Equal(1, wire.Stolen);
        var place = Assert.Single((await client.Kv.GetRangeAsync(KeyRange.Prefix("door/"))).Entries);
        Assert.Equal((held.Key, held.Fence), (place.Key, place.CreateRevision));
        Assert.True((await client.Kv.Transaction().If(held.IsHeld).CommitAsync()).Succeeded);
    }

    /// <summary>A connection that says nothing looks like one on which nothing happens; the ping tells them apart.</summary>
    [Theory]
    [MemberData(nameof(Both))]
    public async Task Watch_WhoseMemberFallsSilent_GoesOnOverAnotherConnection(string which)
    {
        await using var wire = new FaultyWire(members[which].ClientPort);
        using var whole = new KvClient(new KvClientOptions
        {
            Endpoints = [wire.Endpoint],
            CallTimeout = Limits.Patience,
            KeepAliveTime = TimeSpan.FromSeconds(1),
            KeepAliveTimeout = TimeSpan.FromSeconds(1),
        });
        using var scratch = new Scratch(members, which);
        await using var watch = await whole.WithPrefix(scratch.Prefix).Watch.StartAsync(KeyRange.All, cancellationToken: Limits.Patient());
        wire.FallSilent();
        var put = await scratch.Client.Kv.PutAsync("key", "value");
        Assert.Equal(put.Revision, Assert.Single((await watch.ReadAsync(Limits.Patient())).Events).Entry.ModRevision);
    }
}
