using KvStore.Mvcc.Index;
using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Mvcc;

/// <summary>The key space over an ordered store: its index in memory, its writer, its published views.</summary>
/// <remarks>
/// Of one Apply lane: <see cref="Writer"/> and <see cref="Sweep"/>. Of any thread: <see cref="OpenView"/> and what the view offers.
/// A store replaced by a snapshot is a new instance; the old one's ordered store is closed when no view is open any more.
/// </remarks>
public sealed class MvccStore
{
    private readonly StoreState _state;
    private readonly IOrderedStore _store;

    private MvccStore(IOrderedStore store, StoreState state, MvccOptions options, ITraceSink trace)
    {
        _store = store;
        _state = state;
        (ConsistentIndex, ConsistentTerm) = MetaRecords.ReadConsistent(store);
        Writer = new MvccWriter(state, options);
        Sweep = new CompactionSweep(state, Writer, trace);
    }

    /// <summary>The index of the last applied entry when the store was opened; zero in an empty store.</summary>
    public LogIndex ConsistentIndex { get; }

    /// <summary>The term of that entry.</summary>
    public Term ConsistentTerm { get; }

    /// <summary>Apply lane only.</summary>
    public MvccWriter Writer { get; }

    /// <summary>Apply lane only.</summary>
    public CompactionSweep Sweep { get; }

    internal StoreState State => _state;

    /// <summary>
    /// Whether any view is open. Asked by the lane that owns the store: the Apply lane, or the one that was given it when it was
    /// replaced. Once none is open and nobody can open one, the ordered store may be closed.
    /// </summary>
    public bool HasOpenViews
    {
        get
        {
            _state.Versions.Reclaim();
            return _state.Versions.HeldCount > 1 || _state.Versions.Published.HasReaders;
        }
    }

    /// <summary>Reads the metadata of a store and builds the index. The ordered store stays the caller's to close.</summary>
    public static MvccStore Open(IOrderedStore store, MvccOptions options, ITraceSink trace)
    {
        var slabs = new IndexSlabs();
        var loaded = new StoreLoading(store, slabs).Load();
        return new MvccStore(store, new StoreState(store, slabs, loaded), options, trace);
    }

    /// <summary>Any thread.</summary>
    public MvccView OpenView() => new(_state.Slabs, _store, _state.Versions.Hold());
}
