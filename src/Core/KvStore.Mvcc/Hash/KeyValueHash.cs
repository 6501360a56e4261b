using System.Buffers.Binary;
using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Mvcc;

/// <summary>
/// etcd's hash of the key space at a revision (HashKV), computed in slices. The view it was begun on stays open meanwhile.
/// </summary>
/// <remarks>
/// CRC-32C over the name of etcd's bucket, then over every stored revision up to the hashed one, in order: its key as etcd
/// stores it (main, '_', sub, and 't' for a tombstone) and the stored pair. Of revisions up to the compacted one only those
/// count that are the live version of their key at the hashed revision; when etcd's index keeps no key there, etcd leaves none out, and
/// what then counts is what a finished sweep leaves. So the hash never depends on how far a sweep has come.
/// </remarks>
public sealed class KeyValueHash
{
    private const int EtcdKeyBytes = 17;

    private readonly MvccView _view;
    private readonly IOrderedStore _store;
    private readonly bool _anyKept;
    private ItemRevision _next;

    internal KeyValueHash(MvccView view, IOrderedStore store, Revision revision)
    {
        _view = view;
        _store = store;
        Revision = revision;
        Value = Crc32C.Of("key"u8);
        _anyKept = KeepsAny(view, revision);
    }

    /// <summary>The hash; final once <see cref="Next"/> has returned true.</summary>
    public uint Value { get; private set; }

    /// <summary>The revision that is hashed.</summary>
    public Revision Revision { get; }

    /// <summary>The compact revision the hash takes into account; -1 when never compacted, as HashKVResponse says it.</summary>
    public long CompactRevision => _view.Compacted == Revision.Zero ? -1 : _view.Compacted.Value;

    /// <summary>Hashes up to a number of stored revisions; true when all are done.</summary>
    public bool Next(int revisionsMax)
    {
        Span<byte> first = stackalloc byte[StoreKeys.RevisionKeyBytes];
        Span<byte> end = stackalloc byte[StoreKeys.RevisionKeyBytes];
        StoreKeys.WriteRevisionKey(first, _next);
        StoreKeys.WriteRevisionKey(end, new ItemRevision(Revision.Next, 0));
        using var scan = _store.Scan(first, end);
        for (var i = 0; i < revisionsMax; i++)
        {
            if (!scan.MoveNext())
                return true;
            var place = StoreKeys.ReadRevisionKey(scan.Key);
            Add(place, scan.Value);
            _next = place with { Sub = place.Sub + 1 };
        }

        return false;
    }

    /// <summary>
    /// Whether etcd's index keeps a key at a revision: one that is live there, but not one that this revision itself deleted and put again,
    /// for then it finds the tombstone (key_index.go, doCompact). All keys before the first that is kept are of one transaction.
    /// </summary>
    private static bool KeepsAny(MvccView view, Revision at)
    {
        for (var live = view.Seek([0], [0], at); live.MoveNext();)
        {
            var isPutAgain = live.Meta.Created == at && at > view.Compacted && view.TryGet(live.Key, new Revision(at.Value - 1), out _);
            if (!isPutAgain)
                return true;
        }

        return false;
    }

    private void Add(ItemRevision place, ReadOnlySpan<byte> stored)
    {
        var key = stored[KeyValueWire.KeyOf(stored, out var isTombstone)];
        if (place.Main <= _view.Compacted && !Counts(key, place, isTombstone))
            return;
        Span<byte> etcdKey = stackalloc byte[EtcdKeyBytes + 1];
        BinaryPrimitives.WriteInt64BigEndian(etcdKey, place.Main.Value);
        etcdKey[8] = (byte)'_';
        BinaryPrimitives.WriteInt64BigEndian(etcdKey[9..], place.Sub);
        etcdKey[EtcdKeyBytes] = (byte)'t';
        Value = Crc32C.Append(Value, isTombstone ? etcdKey : etcdKey[..EtcdKeyBytes]);
        Value = Crc32C.Append(Value, stored);
    }

    private bool Counts(ReadOnlySpan<byte> key, ItemRevision place, bool isTombstone) =>
        !isTombstone
        && _view.TryGet(key, _anyKept ? Revision : _view.Compacted, out var meta)
        && meta.Modified == place;
}
