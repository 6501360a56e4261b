using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Mvcc;

/// <summary>The key space over an ordered store: its index in memory, its writer, its published view.</summary>
public sealed class MvccStore
{
    private MvccStore()
    {
    }

    /// <summary>The index of the last applied entry when the store was opened; zero in an empty store.</summary>
    public LogIndex ConsistentIndex => throw new InvariantBrokenException("not yet built");

    /// <summary>The term of that entry.</summary>
    public Term ConsistentTerm => throw new InvariantBrokenException("not yet built");

    /// <summary>Apply lane only.</summary>
    public MvccWriter Writer => throw new InvariantBrokenException("not yet built");

    /// <summary>Apply lane only.</summary>
    public CompactionSweep Sweep => throw new InvariantBrokenException("not yet built");

    /// <summary>Whether any view is open. Once none is and no lane opens one, the ordered store may be closed.</summary>
    public bool HasOpenViews => throw new InvariantBrokenException("not yet built");

    /// <summary>Reads the metadata of a store and builds the index. The ordered store stays the caller's to close.</summary>
    public static MvccStore Open(IOrderedStore store, MvccOptions options, ITraceSink trace) => throw new InvariantBrokenException("not yet built");

    /// <summary>Any thread.</summary>
    public MvccView OpenView() => throw new InvariantBrokenException("not yet built");
}
