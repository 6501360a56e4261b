using KvStore.Mvcc.Tests.Support;
using KvStore.Primitives;

namespace KvStore.Mvcc.Tests.History;

/// <summary>Past events from a view, as lagging watchers read them.</summary>
public sealed class HistoryTests
{
    /// <summary>
    /// W7, W11: from any readable revision to any later one, in portions of any size, with a sweep going on: every event once, in
    /// order, whole revisions together, with its previous version unless that is compacted.
    /// </summary>
    [Theory]
    [InlineData(1, 4)]
    [InlineData(2, 40)]
    [InlineData(3, 4)]
    [InlineData(4, 40)]
    [InlineData(5, 1)]
    public void ReadEvents_AnyPortions_GiveEveryEventOnceInOrder(ulong seed, int keys)
    {
        var script = new StoreScript(seed, keys);
        for (var round = 0; round < 80; round++)
        {
            script.Batch();
            if (round % 9 == 8)
                script.Compact();
            using var view = script.Store.OpenView();
            script.Store.Sweep.Next(3);
            var from = script.Prng.Between(Math.Max(1, script.Model.Compacted), script.Model.Current);
            var to = script.Prng.Between(from, script.Model.Current);
            Compare(script, view, from, to);
        }
    }

    private static void Compare(StoreScript script, MvccView view, long from, long to)
    {
        var compacted = view.Compacted.Value;
        var survivors = script.Model.Survivors(compacted);
        var expected = script.Model.History(from, to).Where(v => v.Main > compacted || survivors.Contains(v)).ToList();
        var events = new List<WatchEvent>();
        for (var next = from; next <= to;)
        {
            var revisionsMax = 1 + script.Prng.Below(4);
            var portion = new List<WatchEvent>();
            var read = view.ReadEvents(new Revision(next), new Revision(to), revisionsMax, script.Prng.Below(200), withPrevious: true, portion);
            Assert.InRange(portion.Select(e => e.Revision.Main).Distinct().Count(), 0, revisionsMax);
            Assert.All(portion, e => Assert.InRange(e.Revision.Main.Value, next, read.Value - 1));
            Assert.True(read.Value > next);
            next = read.Value;
            events.AddRange(portion);
        }

        // At the compacted revision itself, what a transaction has overwritten may or may not be swept yet.
        events.RemoveAll(e => e.Revision.Main.Value == compacted && !expected.Exists(v => v.Main == compacted && v.Sub == e.Revision.Sub));
        Assert.Equal(expected.Count, events.Count);
        for (var i = 0; i < expected.Count; i++)
            StoreScript.CompareEvent(expected[i], events[i], expected[i].Main <= compacted ? null : script.Model.Before(expected[i]));
    }
}
