using KvStore.Primitives;

namespace KvStore.Client;

/// <summary>How keys are watched.</summary>
public sealed record WatchOptions
{
    /// <summary>The first revision whose changes are wanted; zero means whatever comes from now on.</summary>
    public Revision From { get; init; }

    /// <summary>Each event carries what the key held before it.</summary>
    public bool WithPrevious { get; init; }

    /// <summary>
    /// Batches without events tell from time to time how far the watch is, while nothing happens: a place to go on from that a
    /// compaction does not overtake soon.
    /// </summary>
    public bool WithProgress { get; init; }

    /// <summary>Leaves puts away.</summary>
    public bool IgnoresPuts { get; init; }

    /// <summary>Leaves deletions away.</summary>
    public bool IgnoresDeletes { get; init; }

    /// <summary>
    /// Moves to another member when this one loses sight of a leader. Without it a watch at a member that was cut off from the others
    /// is silent until it finds them again.
    /// </summary>
    public bool RequiresLeader { get; init; } = true;
}
