using KvStore.Primitives;

namespace KvStore.Node.Watch;

/// <summary>
/// One watcher. It is either synced — listed by its range, and complete up to the lane's revision — or lagging — listed by its
/// stream, and complete below <see cref="Next"/>. That cursor is all a watcher costs whose client does not read.
/// </summary>
internal sealed class Watcher
{
    public Watcher(long id, WatchStream stream, WatcherRequest request)
    {
        Id = id;
        Stream = stream;
        Filters = request.Filters;
        WantsPrevious = request.WantsPrevious;
        WantsProgress = request.WantsProgress;
        MayFragment = request.MayFragment;
        Head = WatchHead.Of(id);
        FragmentHead = MayFragment ? WatchHead.Fragment(id) : default;
        LaggingNode = new LinkedListNode<Watcher>(this);
    }

    public long Id { get; }

    public WatchStream Stream { get; }

    public WatchFilters Filters { get; }

    public bool WantsPrevious { get; }

    public bool WantsProgress { get; }

    public bool MayFragment { get; }

    /// <summary>The bytes every response to this watcher begins with.</summary>
    public ReadOnlyMemory<byte> Head { get; }

    public ReadOnlyMemory<byte> FragmentHead { get; }

    /// <summary>Set by the index.</summary>
    public WatchedRange Range { get; set; } = null!;

    /// <summary>No event below it may be sent: the cursor of a lagging watcher, the future start of a synced one.</summary>
    public Revision Next { get; set; }

    /// <summary>No progress below it may be told: the start, or the revision of the created response.</summary>
    public Revision ProgressFrom { get; set; }

    /// <summary>Whether an interval has passed without events, so that the next one brings a notification.</summary>
    public bool ProgressArmed { get; set; }

    /// <summary>Position in the range's list; -1 while lagging.</summary>
    public int SyncedPosition { get; set; } = -1;

    /// <summary>Place in the stream's list while lagging.</summary>
    public LinkedListNode<Watcher> LaggingNode { get; }

    public bool IsSynced => SyncedPosition >= 0;
}
