using KvStore.Mvcc;
using KvStore.Primitives;

namespace KvStore.Node.Watch;

/// <summary>
/// One pass over a sequence of events: which ranges they hit, and the frames that their watchers get. Synced and lagging
/// watchers are served by the same pass; they differ in what happens when the credit ends.
/// </summary>
internal sealed class EventDelivery(WatchIndex index, WatchOptions options)
{
    /// <summary>Field 1 of a response, at most: what the edge prepends counts when a response is split.</summary>
    private const int HeaderBytesMax = 46;

    private readonly List<WatchedRange> _stabbed = [];
    private readonly List<WatchedRange> _ranges = [];
    private long _pass;

    public long EventsSent { get; private set; }

    /// <summary>The ranges of the pass. For a committed batch: every range that is hit; for a slice of history: those asked for.</summary>
    public IReadOnlyList<WatchedRange> Ranges => _ranges;

    public void Begin()
    {
        Check.That(_ranges.Count == 0, "passes over events do not overlap");
        _pass++;
    }

    /// <summary>Lets a range take part although nothing has hit it yet.</summary>
    public void Include(WatchedRange range)
    {
        if (range.Pass == _pass)
            return;
        range.BeginPass(_pass);
        _ranges.Add(range);
    }

    /// <summary>Finds who is hit: every range, or only those included before.</summary>
    public void Distribute(ReadOnlySpan<WatchEvent> events, bool includeAll)
    {
        for (var i = 0; i < events.Length; i++)
        {
            _stabbed.Clear();
            index.Stab(events[i].Key.Span, _stabbed);
            foreach (var range in _stabbed)
            {
                if (includeAll)
                    Include(range);
                if (range.Pass == _pass)
                    range.Hits.Add(i);
            }
        }
    }

    public void End()
    {
        foreach (var range in _ranges)
            range.EndPass();
        _ranges.Clear();
    }

    /// <summary>
    /// Sends a watcher what its range collected, as far as the credit goes. False when it does not go far enough:
    /// <paramref name="unsent"/> is then the first revision that was not sent.
    /// </summary>
    public bool TryDeliver(Watcher watcher, EventSequence events, Revision headerRevision, out Revision unsent)
    {
        unsent = default;
        var run = watcher.Range.Run(events, watcher);
        var position = run.FirstFrom(watcher.Next);
        while (position < run.Count)
        {
            if (!watcher.Stream.HasCredit)
            {
                unsent = run.RevisionAt(position);
                return false;
            }

            var end = run.EndOfFrame(position, options.FrameBytesMax);
            Send(watcher, run, position, end, headerRevision);
            position = end;
        }

        return true;
    }

    private void Send(Watcher watcher, EventRun run, int from, int to, Revision headerRevision)
    {
        watcher.ProgressArmed = false;
        EventsSent += to - from;
        var overhead = HeaderBytesMax + watcher.Head.Length;
        if (watcher.MayFragment && overhead + run.Bytes(from, to) >= options.FragmentBytes)
        {
            while (run.EndOfFragment(from, to, overhead, options.FragmentBytes) is var end && end < to)
            {
                watcher.Stream.Send(Frame(watcher.FragmentHead, run, from, end, headerRevision));
                from = end;
            }
        }

        watcher.Stream.Send(Frame(watcher.Head, run, from, to, headerRevision));
    }

    private static WatchFrame Frame(ReadOnlyMemory<byte> head, EventRun run, int from, int to, Revision headerRevision) =>
        new(headerRevision, head, run.Pieces(from, to), run.Bytes(from, to));
}
