using KvStore.Client.Tests.Support;
using KvStore.Protocol.Etcd;

namespace KvStore.Client.Tests.Keys;

/// <summary>A client of a part of the keys neither reaches nor sees anything outside of it.</summary>
[Collection(MembersCollection.Name)]
public sealed class PrefixedClientTests(Members members)
{
    public static TheoryData<string> Both => Members.Both;

    [Theory]
    [MemberData(nameof(Both))]
    public async Task EveryRangeForm_EndsWithThePrefix(string which)
    {
        using var scratch = new Scratch(members, which);
        var tenant = scratch.Client.WithPrefix("tenant/");
        // The next key behind everything that begins with "tenant/".
        await scratch.Client.Kv.PutAsync("tenant0", "neighbour");
        await scratch.Client.Kv.PutAsync("a", "neighbour");
        await tenant.Kv.PutAsync("x", "1");
        await tenant.Kv.PutAsync("y", "2");
        foreach (var range in new[] { KeyRange.All, KeyRange.From("x"), KeyRange.Between("x", "z"), KeyRange.Prefix("") })
            Assert.Equal(["x", "y"], (await tenant.Kv.GetRangeAsync(range)).Entries.Select(entry => entry.Key.ToString()));

        Assert.Equal(2, (await tenant.Kv.DeleteAsync(KeyRange.All)).Deleted);
        Assert.Equal(["a", "tenant0"], (await scratch.Client.Kv.GetRangeAsync(KeyRange.All)).Entries.Select(entry => entry.Key.ToString()));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task TransactionsWatchesAndLeases_SpeakOfTheSameKeys(string which)
    {
        using var scratch = new Scratch(members, which);
        var client = scratch.Client;
        await using var watch = await client.Watch.StartAsync(KeyRange.All, new WatchOptions { WithPrevious = true }, Limits.Patient());
        await using var session = await Session.OpenAsync(client, TimeSpan.FromSeconds(30));
        var outcome = await client.Kv.Transaction()
            .If(Condition.Missing("k"))
            .Then(Operation.Put("k", "v", new PutOptions { Lease = session.Lease }), Operation.Get("k"))
            .CommitAsync();
        Assert.Equal("k", outcome.Results[1].Entry!.Key.ToString());
        Assert.Equal("k", Assert.Single((await watch.ReadAsync(Limits.Patient())).Events).Key.ToString());
        var lease = await client.Lease.TimeToLiveAsync(new LeaseTimeToLiveRequest { ID = session.Lease.Value, Keys = true });
        Assert.Equal("k", Assert.Single(lease.Keys).ToStringUtf8());
        Assert.Equal("v", (await scratch.Whole.Kv.GetAsync(scratch.Prefix + "k"))!.Value.ToString());

        await client.Kv.DeleteAsync("k");
        var deleted = Assert.Single((await watch.ReadAsync(Limits.Patient())).Events);
        Assert.Equal((WatchEventKind.Delete, "k", "k"), (deleted.Kind, deleted.Key.ToString(), deleted.Previous!.Key.ToString()));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task LocksOfBothKinds_StandInTheSameLine(string which)
    {
        using var scratch = new Scratch(members, which);
        await using var held = await scratch.Client.LockAsync("door", TimeSpan.FromSeconds(30), Limits.Patient());
        Assert.StartsWith("door/", held.Key.ToString(), StringComparison.Ordinal);
        Assert.NotNull(await scratch.Whole.Kv.GetAsync(scratch.Prefix + held.Key));
        var lease = await scratch.Client.Lease.GrantAsync(TimeSpan.FromSeconds(30));
        var byMember = scratch.Client.Lock.LockAsync(new Protocol.Lock.LockRequest { Name = Google.Protobuf.ByteString.CopyFromUtf8("door"), Lease = lease.Value });
        await Until.TrueAsync(async () => await scratch.Client.Kv.CountAsync(KeyRange.Prefix("door/")) == 2);
        Assert.False(byMember.IsCompleted);
        await held.DisposeAsync();
        var answer = await byMember.WaitAsync(Limits.Patience);
        Assert.Equal($"door/{lease.Value:x}", answer.Key.ToStringUtf8());
        await scratch.Client.Lock.UnlockAsync(new Protocol.Lock.UnlockRequest { Key = answer.Key });
        Assert.Equal(0, await scratch.Client.Kv.CountAsync(KeyRange.Prefix("door/")));
    }
}
