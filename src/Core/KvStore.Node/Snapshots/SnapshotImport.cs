using System.Buffers.Binary;
using KvStore.Mvcc;
using KvStore.Node.Snapshots.Bolt;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.StateMachine;

namespace KvStore.Node.Snapshots;

/// <summary>
/// Carries the records of a snapshot into an empty store. What cannot be such a record is refused with the bucket that it stands
/// in; nothing of the store is used then. The former cluster (members, index, versions) stays behind.
/// </summary>
internal sealed class SnapshotImport
{
    /// <summary>Bytes of one store write: large enough that writes cost nothing, small beside a memory table.</summary>
    private const int BatchBytes = 1 << 20;

    private readonly SnapshotSource _source;
    private readonly IOrderedStore _store;
    private readonly StoreBatch _batch = new();
    private readonly ByteWriter _scratch = new();
    private readonly HashSet<LeaseId> _leasesOfKeys = [];
    private Revision _last = new(1);
    private Revision _scheduled;
    private Revision _finished;

    private SnapshotImport(SnapshotSource source, IOrderedStore store)
    {
        _source = source;
        _store = store;
    }

    /// <param name="source">The snapshot.</param>
    /// <param name="store">An empty store; it is durable when the caller flushes it.</param>
    /// <param name="bump">How far the revision is raised, with everything below compacted, so that no watcher takes what comes for what it knows; zero: not at all.</param>
    /// <returns>The revision of the restored data.</returns>
    public static Revision Run(SnapshotSource source, IOrderedStore store, long bump)
    {
        var import = new SnapshotImport(source, store);
        import.ReadCompaction();
        import.CopyKeys();
        import.Copy(EtcdFile.Leases, StateTables.Leases, StateTables.IsLease);
        import.NoteOrphans();
        import.Copy(EtcdFile.Users, StateTables.Users, StateTables.IsUser);
        import.Copy(EtcdFile.Roles, StateTables.Roles, StateTables.IsRole);
        import.CopyAuthState();
        import.CopyAlarms();
        var revision = import.FinishCompaction(bump);
        import.Write();
        return revision;
    }

    private void ReadCompaction()
    {
        var cursor = Scan(EtcdFile.Meta);
        while (cursor?.MoveNext() == true)
        {
            var isScheduled = cursor.Key.SequenceEqual(EtcdFile.ScheduledKey);
            if (!isScheduled && !cursor.Key.SequenceEqual(EtcdFile.FinishedKey))
                continue;
            if (!EtcdFile.TryReadRevision(cursor.Value, out var place, out _) || place.Main < Revision.Zero || place.Main > StoredRevisions.RevisionMax)
                throw Malformed(EtcdFile.Meta, "a compaction is at no revision");
            (_scheduled, _finished) = isScheduled ? (place.Main, _finished) : (_scheduled, place.Main);
        }

        // etcd notes the end of a compaction without looking whether a later one has begun; the later one is done anew then.
        if (_finished > _scheduled)
            _scheduled = _finished;
    }

    private void CopyKeys()
    {
        var cursor = Scan(EtcdFile.Keys) ?? throw Malformed(EtcdFile.Keys, "it is missing");
        var previous = new ItemRevision(Revision.Zero, -1);
        while (cursor.MoveNext())
        {
            if (!EtcdFile.TryReadRevision(cursor.Key, out var place, out var isTombstone) || place <= previous)
                throw Malformed(EtcdFile.Keys, "a record's name is no revision, or its second one");
            previous = place;
            // What `etcdutl snapshot restore --bump-revision` leaves behind to hold the revision up.
            if (cursor.Value.IsEmpty && place.Main <= _scheduled)
                continue;
            if (StoredRevisions.TryPut(_batch, place, isTombstone, cursor.Value, _scratch, out var lease) is { } wrong)
                throw Malformed(EtcdFile.Keys, $"revision {place}: {wrong}");
            if (!lease.IsNone)
                _leasesOfKeys.Add(lease);
            if (place.Main > _last)
                _last = place.Main;
            WriteWhenFull();
        }
    }

    private void Copy(string bucket, ReadOnlySpan<byte> prefix, RecordCheck isRecord)
    {
        var cursor = Scan(bucket);
        while (cursor?.MoveNext() == true)
        {
            if (!isRecord(cursor.Key, cursor.Value))
                throw Malformed(bucket, "a record is none of its kind");
            _scratch.Clear();
            _scratch.Write(prefix);
            _scratch.Write(cursor.Key);
            _batch.Put(_scratch.WrittenSpan, cursor.Value);
            WriteWhenFull();
        }
    }

    private void NoteOrphans()
    {
        var cursor = Scan(EtcdFile.Leases);
        while (cursor?.MoveNext() == true)
            _leasesOfKeys.Remove(new LeaseId(BinaryPrimitives.ReadInt64BigEndian(cursor.Key)));
        foreach (var lease in _leasesOfKeys)
            StateTables.PutOrphan(_batch, lease);
    }

    private void CopyAuthState()
    {
        Span<byte> state = stackalloc byte[1 + sizeof(ulong)];
        state.Clear();
        var cursor = Scan(EtcdFile.Auth);
        while (cursor?.MoveNext() == true)
        {
            var isEnabled = cursor.Key.SequenceEqual(EtcdFile.AuthEnabled);
            if (!isEnabled && !cursor.Key.SequenceEqual(EtcdFile.AuthRevision))
                continue;
            var part = isEnabled ? state[..1] : state[1..];
            if (cursor.Value.Length != part.Length)
                throw Malformed(EtcdFile.Auth, "a record has not its length");
            cursor.Value.CopyTo(part);
        }

        // A cluster that never knew of users begins its count as a new one.
        if (BinaryPrimitives.ReadUInt64BigEndian(state[1..]) > 0)
            _batch.Put(StateTables.AuthState, state);
    }

    private void CopyAlarms()
    {
        var cursor = Scan(EtcdFile.Alarms);
        while (cursor?.MoveNext() == true)
        {
            ulong member = 0, kind = 0;
            for (var rest = cursor.Key; !rest.IsEmpty;)
            {
                if (!Wire.TryReadField(ref rest, out var field, out _, out var number, out _))
                    throw Malformed(EtcdFile.Alarms, "a record is no alarm");
                (member, kind) = field == 1 ? (number, kind) : (member, number);
            }

            if (kind is not ((ulong)AlarmKind.NoSpace or (ulong)AlarmKind.Corrupt))
                throw Malformed(EtcdFile.Alarms, "a record is no alarm");
            AlarmTable.Put(_batch, new Alarm((AlarmKind)(int)kind, new MemberId(member)));
        }
    }

    /// <summary>A raised revision has no record of its own: a store is never below what was compacted (M8).</summary>
    private Revision FinishCompaction(long bump)
    {
        var current = _scheduled > _last ? _scheduled : _last;
        if (bump > 0)
        {
            if (bump > StoredRevisions.RevisionMax.Value - current.Value)
                throw new StorageException(StorageFailure.Corrupt, "the revision cannot be raised so far");
            _scheduled = current = new Revision(current.Value + bump);
        }

        StoredRevisions.PutCompaction(_batch, _scheduled, _finished);
        return current;
    }

    private BoltCursor? Scan(string bucket) =>
        EtcdFile.Find(_source.Buckets, bucket) is { } found ? _source.Pages.Scan(found) : null;

    private void WriteWhenFull()
    {
        if (_batch.Length >= BatchBytes)
            Write();
    }

    private void Write()
    {
        if (_batch.Count > 0)
            _store.Write(_batch);
        _batch.Clear();
    }

    private static StorageException Malformed(string bucket, string what) =>
        new(StorageFailure.Corrupt, $"not a snapshot of etcd: bucket {bucket}: {what}");

    private delegate bool RecordCheck(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);
}
