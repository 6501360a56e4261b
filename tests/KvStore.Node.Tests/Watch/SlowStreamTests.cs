using KvStore.Node.Watch;
using KvStore.Primitives;

namespace KvStore.Node.Tests.Watch;

/// <summary>Clients that do not read, gaps, compaction and snapshots: a watcher without credit is a cursor (rows W5 to W8, W14).</summary>
public sealed class SlowStreamTests
{
    private static WatchOptions Options(int frames = 2, long bytes = 1 << 20) => new()
    {
        Prng = new Prng(1),
        StreamFramesMax = frames,
        StreamBytesMax = bytes,
    };

    [Fact]
    public void SlowStream_GetsNoMoreThanItsCredit_AndNothingIsLost()
    {
        var fixture = new WatchFixture(Options(frames: 2));
        var stream = fixture.OpenStream();
        stream.Create("a");
        for (var i = 0; i < 10; i++)
            fixture.Put("a", $"{i}");
        Assert.Equal(2, stream.Waiting);
        Assert.Equal(1, fixture.Statistics().LaggingWatchers);
        Assert.Equal(
            ["0@2: a=0@2", "0@3: a=1@3", "0@11: a=2@4 a=3@5 a=4@6 a=5@7 a=6@8 a=7@9 a=8@10 a=9@11"], stream.ReadAll().Show());
        Assert.Equal(0, fixture.Statistics().LaggingWatchers);
        fixture.Put("a", "live");
        Assert.Equal(["0@12: a=live@12"], stream.ReadAll().Show());
    }

    [Fact]
    public void SlowStream_IsBoundedInBytes()
    {
        var fixture = new WatchFixture(Options(frames: 1000, bytes: 1000));
        var stream = fixture.OpenStream();
        stream.Create("a");
        for (var i = 0; i < 100; i++)
            fixture.Put("a", new string('x', 300));
        // At most one frame beyond the limit.
        Assert.Equal(4, stream.Waiting);
        var events = stream.ReadAll().SelectMany(response => response.Events).Select(e => e.Kv.ModRevision);
        Assert.Equal(Enumerable.Range(2, 100).Select(revision => (long)revision), events);
    }

    // W8: a thousand clients that never read hold a thousand times their credit, whatever is written; others are not touched.
    [Fact]
    public void StuckStreams_HoldTheirCreditAndNothingElse()
    {
        var fixture = new WatchFixture(Options(frames: 3));
        var stuck = Enumerable.Range(0, 1000).Select(_ => fixture.OpenStream()).ToList();
        foreach (var stream in stuck)
            stream.Create("a", "b", previous: true);
        var healthy = fixture.OpenStream();
        healthy.Create("a", "b", previous: true);
        for (var i = 0; i < 200; i++)
        {
            fixture.Put("a", $"{i}");
            Assert.Equal($"a={i}@{i + 2}", healthy.Read().Events.Single().Show().Split('(')[0]);
            fixture.Run();
        }

        Assert.All(stuck, stream => Assert.Equal(3, stream.Waiting));
        Assert.Equal(1000, fixture.Statistics().LaggingWatchers);
        // They share what they hold: the same three events.
        Assert.Equal(3 * 1000, fixture.Statistics().FramesInFlight);
        Assert.Equal(200, stuck[500].ReadAll().Sum(response => response.Events.Count));
    }

    [Fact]
    public void SlowWatchers_OfOneStream_TakeTurns()
    {
        var options = Options(frames: 1) with { FrameBytesMax = 1 };
        var fixture = new WatchFixture(options);
        for (var i = 0; i < 3; i++)
            fixture.Put("a", $"{i}");
        var stream = fixture.OpenStream();
        stream.Request("a", start: 2);
        stream.Request("a", start: 2);
        fixture.Run();
        Assert.Equal(["0@4: created", "1@4: created"], new[] { stream.Read(), stream.Read() }.Show());
        fixture.Run();
        Assert.Equal(
            ["0@4: a=0@2", "1@4: a=0@2", "0@4: a=1@3", "1@4: a=1@3", "0@4: a=2@4", "1@4: a=2@4"], stream.ReadAll().Show());
    }

    // W6: told, never skipped.
    [Fact]
    public void SlowWatcher_OvertakenByCompaction_IsCancelledWithTheCompactRevision()
    {
        var fixture = new WatchFixture(Options(frames: 1));
        var stream = fixture.OpenStream();
        stream.Create("a");
        for (var i = 0; i < 5; i++)
            fixture.Put("a", $"{i}");
        fixture.Store.Compact(new Revision(5));
        fixture.Run();
        Assert.Equal(["0@2: a=0@2", "0@0: canceled compacted=5"], stream.ReadAll().Show());
        fixture.Put("a", "after");
        Assert.Empty(stream.ReadAll());
        Assert.Equal(0, fixture.Statistics().Watchers);
    }

    // W7: a compaction up to the cursor takes nothing from a lagging watcher.
    [Fact]
    public void SlowWatcher_WithACompactionAtItsCursor_LosesNoEvent()
    {
        var fixture = new WatchFixture(Options(frames: 1));
        var stream = fixture.OpenStream();
        stream.Create("a");
        for (var i = 0; i < 5; i++)
            fixture.Put("a", $"{i}");
        fixture.Store.Compact(new Revision(3));
        Assert.Equal(["0@2: a=0@2", "0@6: a=1@3 a=2@4 a=3@5 a=4@6"], stream.ReadAll().Show());
    }

    [Fact]
    public void Gap_InTheCommits_IsReadFromHistory()
    {
        var fixture = new WatchFixture();
        var stream = fixture.OpenStream();
        stream.Create("a");
        stream.Create("a", start: 5);
        fixture.Put("a", "1");
        fixture.CommitUnseen(Change.Put("a", "2"));
        fixture.Put("a", "3");
        fixture.Put("a", "4");
        Assert.Equal(["0@2: a=1@2", "0@4: a=2@3 a=3@4", "0@5: a=4@5", "1@5: a=4@5"], stream.ReadAll().OrderBy(r => r.WatchId).Show());
    }

    // The last batch before silence found the lane full: nothing follows that would show the gap.
    [Fact]
    public void Gap_BeforeSilence_IsHealedByTime()
    {
        var fixture = new WatchFixture();
        var stream = fixture.OpenStream();
        stream.Create("a");
        fixture.Tick();
        fixture.CommitUnseen(Change.Put("a", "1"));
        fixture.Tick();
        Assert.Equal(["0@2: a=1@2"], stream.ReadAll().Show());
    }

    // W5, W4
    [Fact]
    public void Snapshot_ReplacingTheStore_ReplaysNothingToLiveWatchers()
    {
        var fixture = new WatchFixture();
        fixture.Put("a", "1");
        fixture.Put("a", "2");
        var stream = fixture.OpenStream();
        stream.Create("a");
        stream.Create("a", start: 7);
        var ahead = CopyOf(fixture.Store, more: 2);
        fixture.Store = ahead;
        fixture.Send(WatchMessage.StoreReplaced(ahead));
        Assert.Equal(["0@5: a=s0@4 a=s1@5"], stream.ReadAll().Show());
        fixture.Put("a", "6");
        fixture.Put("a", "7");
        Assert.Equal(["0@6: a=6@6", "0@7: a=7@7", "1@7: a=7@7"], stream.ReadAll().OrderBy(r => r.WatchId).Show());
    }

    // W5: what the snapshot no longer has is told as compacted.
    [Fact]
    public void Snapshot_CompactedBeyondAWatcher_CancelsIt()
    {
        var fixture = new WatchFixture();
        fixture.Put("a", "1");
        var stream = fixture.OpenStream();
        stream.Create("a");
        stream.Create("a", start: 6);
        var ahead = CopyOf(fixture.Store, more: 3);
        ahead.Compact(new Revision(4));
        fixture.Store = ahead;
        fixture.Send(WatchMessage.StoreReplaced(ahead));
        Assert.Equal(["0@0: canceled compacted=4"], stream.ReadAll().Show());
        fixture.Put("a", "6");
        Assert.Equal(["1@6: a=6@6"], stream.ReadAll().Show());
    }

    // W14
    [Fact]
    public void LargeTransaction_ArrivesWhole_UnlessItsWatcherTakesFragments()
    {
        var fixture = new WatchFixture(Options() with { FragmentBytes = 1000, FrameBytesMax = 500 });
        var stream = fixture.OpenStream();
        stream.Create("k", "l");
        stream.Create("k", "l", fragment: true);
        fixture.Commit(Enumerable.Range(0, 20).Select(i => Change.Put($"k{i:00}", new string('x', 100))).ToArray());
        var responses = stream.ReadAll().ToLookup(response => response.WatchId);
        Assert.Equal(20, Assert.Single(responses[0]).Events.Count);
        var fragments = responses[1].ToList();
        Assert.True(fragments.Count > 2);
        Assert.All(fragments.SkipLast(1), response => Assert.True(response.Fragment));
        Assert.False(fragments[^1].Fragment);
        Assert.All(fragments, response => Assert.InRange(response.CalculateSize(), 1, 1000));
        Assert.Equal(responses[0].Single().Events, fragments.SelectMany(response => response.Events));
    }

    // A fragment has at least one event, however large.
    [Fact]
    public void Fragments_OfEventsLargerThanTheLimit_HaveOneEach()
    {
        var fixture = new WatchFixture(Options(frames: 100) with { FragmentBytes = 50 });
        var stream = fixture.OpenStream();
        stream.Create("k", "l", fragment: true);
        fixture.Commit(Change.Put("k1", new string('x', 100)), Change.Put("k2", new string('x', 100)));
        fixture.Put("k3", new string('x', 100));
        Assert.Equal([true, false, false], stream.ReadAll().Select(response => response.Fragment));
    }

    private static ModelStore CopyOf(ModelStore store, int more)
    {
        var copy = new ModelStore();
        foreach (var item in store.Items)
            copy.Commit([new Change(item.Key, item.Message.Value.ToStringUtf8())]);
        for (var i = 0; i < more; i++)
            copy.Commit([Change.Put("a", $"s{i}")]);
        return copy;
    }
}
