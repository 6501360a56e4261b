using KvStore.Client.Tests.Support;

namespace KvStore.Client.Tests.Watching;

/// <summary>Watches on both servers.</summary>
[Collection(MembersCollection.Name)]
public sealed class WatchTests(Members members)
{
    public static TheoryData<string> Both => Members.Both;

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Watch_Started_MissesNothingThatFollows(string which)
    {
        using var scratch = new Scratch(members, which);
        await using var watch = await scratch.Client.Watch.StartAsync(KeyRange.All, new WatchOptions { WithPrevious = true }, Limits.Patient());
        var put = await scratch.Client.Kv.PutAsync("a", "1");
        Assert.True(watch.ConfirmedAt < put.Revision);
        var created = Assert.Single((await watch.ReadAsync(Limits.Patient())).Events);
        Assert.Equal((WatchEventKind.Put, true, "1", null), (created.Kind, created.IsCreation, created.Entry.Value.ToString(), created.Previous));

        var outcome = await scratch.Client.Kv.Transaction().Then(Operation.Put("a", "2"), Operation.Put("b", "2")).CommitAsync();
        var both = await watch.ReadAsync(Limits.Patient());
        Assert.Equal((outcome.Revision, 2), (both.Revision, both.Events.Count));
        Assert.Equal([("a", false, "1"), ("b", true, null)], both.Events.Select(change => (change.Key.ToString(), change.IsCreation, change.Previous?.Value.ToString())));

        await watch.RequestProgressAsync();
        Assert.True((await watch.ReadAsync(Limits.Patient())).IsProgress);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Watch_Filtered_LeavesAway(string which)
    {
        using var scratch = new Scratch(members, which);
        var before = (await scratch.Client.Kv.PutAsync("a", "1")).Revision;
        await scratch.Client.Kv.DeleteAsync("a");
        await scratch.Client.Kv.PutAsync("a", "2");
        await using var deletions = await scratch.Client.Watch.StartAsync("a", new WatchOptions { From = before, IgnoresPuts = true }, Limits.Patient());
        Assert.Equal(WatchEventKind.Delete, Assert.Single((await deletions.ReadAsync(Limits.Patient())).Events).Kind);
        await using var puts = await scratch.Client.Watch.StartAsync("a", new WatchOptions { From = before, IgnoresDeletes = true }, Limits.Patient());
        Assert.Equal(["1", "2"], (await puts.ReadAsync(Limits.Patient())).Events.Select(change => change.Entry.Value.ToString()));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Watch_OfMoreThanAMessageHolds_ArrivesWhole(string which)
    {
        using var scratch = new Scratch(members, which);
        // Three revisions of 1 MB each: more than the 2 MB at which servers cut a response.
        var large = new byte[1_000_000];
        var first = (await scratch.Client.Kv.PutAsync("large", large)).Revision;
        await scratch.Client.Kv.PutAsync("large", large);
        await scratch.Client.Kv.PutAsync("large", large);
        await using var watch = await scratch.Client.Watch.StartAsync("large", new WatchOptions { From = first }, Limits.Patient());
        var versions = new List<long>();
        while (versions.Count < 3)
            versions.AddRange((await watch.ReadAsync(Limits.Patient())).Events.Select(change => change.Entry.Version));
        Assert.Equal([1, 2, 3], versions);
    }
}
