using KvStore.Primitives;

namespace KvStore.Client;

/// <summary>How keys are read.</summary>
public record ReadOptions
{
    /// <summary>The key space as it was then; zero means now. A compacted revision is refused.</summary>
    public Revision AtRevision { get; init; }

    /// <summary>
    /// Lets the member answer from what it has, without asking the others: faster, available without a leader, and possibly behind.
    /// </summary>
    public bool IsSerializable { get; init; }
}
