using System.Threading;
using KvStore.Mvcc.Index;
using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Mvcc;

/// <summary>
/// The store as it was when the view was opened. Any thread, no locks; cheap to open. While it is open, nothing that it can
/// reach is reclaimed: neither nodes and records of the index nor stored revisions, so it is closed soon.
/// </summary>
/// <remarks>
/// A compaction after the opening waits: its sweep begins only when every view opened before it has closed
/// (<see cref="SweepProgress.WaitingForViews"/>). A view that must stay long (a snapshot, a hash) thus delays the sweep, never
/// the compaction itself. One caller at a time; closing twice is allowed, reading after closing is not.
/// </remarks>
public sealed class MvccView : MvccReader, IDisposable
{
    private readonly IndexSlabs _slabs;
    private readonly IOrderedStore _store;
    private RevisionReads _reads;
    private IndexVersion? _version;

    internal MvccView(IndexSlabs slabs, IOrderedStore store, IndexVersion held)
        : base(slabs)
    {
        _slabs = slabs;
        _store = store;
        _reads = new RevisionReads(store);
        _version = held;
    }

    public override Revision Current => Version.Current;

    public override Revision Compacted => Version.Compacted;

    /// <summary>Views that are open on the same state, this one among them; for metrics.</summary>
    public int OpenViews => Version.Readers;

    private protected override IndexRoot Root => Version.Root;

    private IndexVersion Version
    {
        get
        {
            var version = _version;
            Check.That(version is not null, "a closed view is not read");
            return version;
        }
    }

    public override bool TryCopyKeyValue(ItemRevision place, ByteWriter destination)
    {
        Check.That(place.Main <= Current, "a view reads what it can see");
        return _reads.TryCopy(place, destination);
    }

    public override void ExpectList() => _reads.ExpectList();

    /// <summary>
    /// Appends the events of [from, to] in revision order to <paramref name="events"/>, whole revisions only and at least one,
    /// until one of the limits is reached; returns the first revision not read (to + 1 when all were). <paramref name="from"/> is not below
    /// <see cref="MvccReader.Compacted"/>, <paramref name="to"/> not above <see cref="MvccReader.Current"/>.
    /// </summary>
    public Revision ReadEvents(Revision from, Revision to, int revisionsMax, long bytesMax, bool withPrevious, List<WatchEvent> events)
    {
        Check.That(from >= Compacted && to <= Current, "history is read between the compacted and the current revision");
        var reading = new HistoryReading(_slabs, Version, _store, withPrevious);
        return reading.Read(from, to, revisionsMax, bytesMax, events);
    }

    /// <summary>Begins etcd's hash of the key space at a revision in [Compacted, Current]; zero means the current one.</summary>
    public KeyValueHash BeginHash(Revision at)
    {
        var revision = at == Revision.Zero ? Current : at;
        Check.That(revision >= Compacted && revision <= Current, "a hash is taken between the compacted and the current revision");
        return new KeyValueHash(this, _store, revision);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _version, null) is not { } version)
            return;
        _reads.Dispose();
        version.Release();
    }
}
