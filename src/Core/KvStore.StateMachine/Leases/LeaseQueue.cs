using KvStore.Primitives;

namespace KvStore.StateMachine;

/// <summary>
/// Leases by time. An item is never moved: a lease remembers the time of its valid item, and an item with another time is
/// dropped when it comes to the front. So a renewal costs nothing here, and stale items are bounded by rebuilding.
/// </summary>
internal sealed class LeaseQueue
{
    // Below this many items a rebuild is not worth its own cost.
    private const int RebuildFloor = 1024;

    private readonly PriorityQueue<LeaseId, long> _items = new();

    public int Count => _items.Count;

    public void Add(LeaseId lease, long ticks) => _items.Enqueue(lease, ticks);

    /// <summary>Takes the first item that is not later than <paramref name="untilTicks"/>.</summary>
    public bool TryTake(long untilTicks, out LeaseId lease, out long ticks)
    {
        if (_items.TryPeek(out lease, out ticks) && ticks <= untilTicks)
        {
            _items.Dequeue();
            return true;
        }

        return false;
    }

    public bool IsMostlyStale(int leases) => _items.Count > (2L * leases) + RebuildFloor;

    public void Clear()
    {
        _items.Clear();
        _items.TrimExcess();
    }

    /// <summary>Replaces all items at once, in time proportional to their number.</summary>
    public void Rebuild(IEnumerable<(LeaseId Lease, long Ticks)> items)
    {
        _items.Clear();
        _items.EnqueueRange(items);
    }
}
