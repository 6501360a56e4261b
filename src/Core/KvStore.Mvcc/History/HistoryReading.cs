using KvStore.Mvcc.Index;
using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Mvcc;

/// <summary>One reading of past events from the <c>r</c> table, for watchers that lag.</summary>
internal sealed class HistoryReading
{
    /// <summary>Blocks as large as the live ones would be mostly empty after a short reading.</summary>
    private const int BlockBytes = 16 * 1024;

    private readonly IndexSlabs _slabs;
    private readonly IndexVersion _version;
    private readonly IOrderedStore _store;
    private readonly bool _withPrevious;
    private readonly EventBlocks _blocks = new(BlockBytes);

    /// <summary>The version of the last event of a key in this reading, by the number of the key's newest version.</summary>
    private readonly Dictionary<uint, uint> _reached = [];

    public HistoryReading(IndexSlabs slabs, IndexVersion version, IOrderedStore store, bool withPrevious)
    {
        _slabs = slabs;
        _version = version;
        _store = store;
        _withPrevious = withPrevious;
    }

    public Revision Read(Revision from, Revision to, int revisionsMax, long bytesMax, List<WatchEvent> events)
    {
        Span<byte> first = stackalloc byte[StoreKeys.RevisionKeyBytes];
        Span<byte> end = stackalloc byte[StoreKeys.RevisionKeyBytes];
        StoreKeys.WriteRevisionKey(first, new ItemRevision(from, 0));
        StoreKeys.WriteRevisionKey(end, new ItemRevision(to.Next, 0));
        var revisions = 0;
        long bytes = 0;
        var last = Revision.Zero;
        using var scan = _store.Scan(first, end);
        while (scan.MoveNext())
        {
            var place = StoreKeys.ReadRevisionKey(scan.Key);
            if (place.Main != last)
            {
                // At least one revision is read, whatever its size, or a reader would never get on.
                if (revisions > 0 && (revisions >= revisionsMax || bytes >= bytesMax))
                    return place.Main;
                revisions++;
                last = place.Main;
            }

            var read = EventOf(place, scan.Value);
            bytes += read.KeyValue.Length;
            events.Add(read);
        }

        return to.Next;
    }

    private WatchEvent EventOf(ItemRevision place, ReadOnlySpan<byte> stored)
    {
        var keyRange = KeyValueWire.KeyOf(stored, out var isTombstone);
        var key = stored[keyRange];
        Memory<byte> pair;
        if (isTombstone)
        {
            pair = _blocks.Take(KeyValueWire.SizeOfDeleted(key, place.Main.Value, out _));
            KeyValueWire.WriteDeleted(pair.Span, key, place.Main.Value);
        }
        else
        {
            pair = _blocks.Take(stored.Length);
            stored.CopyTo(pair.Span);
        }

        var type = isTombstone ? WatchEventType.Delete : WatchEventType.Put;
        return new WatchEvent(type, place, pair[keyRange], pair, _withPrevious ? PreviousOf(key, place) : null);
    }

    /// <summary>The live version before an event. At the compacted revision itself it is gone, or about to be.</summary>
    private ItemRevision? PreviousOf(ReadOnlySpan<byte> key, ItemRevision place)
    {
        if (place.Main <= _version.Compacted)
            return null;
        var found = IndexSearch.TryFind(_slabs, _version.Root, key, out var newest);
        Check.That(found, "the index knows every key with an event above the compacted revision");
        var record = RecordAt(newest, place);
        _reached[newest] = record;
        return IndexSearch.VersionBefore(_slabs, in _slabs.Records[record]);
    }

    /// <summary>
    /// Finds the version an event belongs to: one step on from the key's last event in this reading, else from its newest version
    /// back. A key that changes all the time is thus walked once for a reading, not once for an event.
    /// </summary>
    private uint RecordAt(uint newest, ItemRevision place)
    {
        if (_reached.TryGetValue(newest, out var record))
            record = _slabs.Records[record].Next;
        else
            record = newest;
        while (record != 0)
        {
            ref var version = ref _slabs.Records[record];
            if (version.Main == place.Main.Value && version.Sub == place.Sub)
                return record;
            record = version.Previous;
        }

        Check.Broken("the index knows every event above the compacted revision");
        return 0;
    }
}
