using KvStore.Client.Tests.Support;
using KvStore.Grpc;

namespace KvStore.Client.Tests.Connection;

/// <summary>An answer that is lost on its way: the write it answers was done, and must not be done a second time.</summary>
[Collection(MembersCollection.Name)]
public sealed class StolenAnswerTests(Members members)
{
    public static TheoryData<string> Both => Members.Both;

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Write_WhoseAnswerIsLost_IsAnErrorAndWasDoneOnce(string which)
    {
        await using var thief = new AnswerThief(members[which].ClientPort);
        using var whole = new KvClient(new KvClientOptions { Endpoints = [thief.Endpoint], CallTimeout = Limits.Patience });
        var client = whole.WithPrefix($"test-{Guid.NewGuid():N}/");
        var before = (await client.Kv.PutAsync("counted", "0")).Revision;
        for (var i = 1; i <= 5; i++)
        {
            thief.StealNext();
            var lost = await Assert.ThrowsAsync<GrpcException>(() => client.Kv.PutAsync("counted", "again"));
            Assert.Equal((StatusCode.Unavailable, false, i), (lost.Code, lost.NeverSent, thief.Stolen));
            var entry = await client.Kv.GetAsync("counted");
            Assert.Equal((i + 1, before.Value + i), (entry!.Version, entry.ModRevision.Value));
        }
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Read_WhoseAnswerIsLost_IsAskedAgain(string which)
    {
        await using var thief = new AnswerThief(members[which].ClientPort);
        using var whole = new KvClient(new KvClientOptions { Endpoints = [thief.Endpoint], CallTimeout = Limits.Patience });
        var client = whole.WithPrefix($"test-{Guid.NewGuid():N}/");
        await client.Kv.PutAsync("key", "value");
        thief.StealNext();
        Assert.Equal("value", (await client.Kv.GetAsync("key"))!.Value.ToString());
        Assert.Equal(1, thief.Stolen);
    }

    /// <summary>Entering the line of a lock is a write that may be repeated: it finds its own place.</summary>
    [Theory]
    [MemberData(nameof(Both))]
    public async Task Lock_WhoseAnswerIsLost_IsHeldOnce(string which)
    {
        await using var thief = new AnswerThief(members[which].ClientPort);
        using var whole = new KvClient(new KvClientOptions { Endpoints = [thief.Endpoint], CallTimeout = Limits.Patience });
        var client = whole.WithPrefix($"test-{Guid.NewGuid():N}/");
        await using var session = await Session.OpenAsync(client, TimeSpan.FromSeconds(60));
        thief.StealNext();
        await using var held = await session.LockAsync("door", Limits.Patient());
        Assert.Equal(1, thief.Stolen);
        var place = Assert.Single((await client.Kv.GetRangeAsync(KeyRange.Prefix("door/"))).Entries);
        Assert.Equal((held.Key, held.Fence), (place.Key, place.CreateRevision));
        Assert.True((await client.Kv.Transaction().If(held.IsHeld).CommitAsync()).Succeeded);
    }
}
