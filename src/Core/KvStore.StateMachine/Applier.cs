using KvStore.Mvcc;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.Protocol.Snapshots;

namespace KvStore.StateMachine;

/// <summary>
/// The replicated state: one committed entry after another changes it, in the order of the log, on every member alike. A pure
/// function of state and entry (M3): time only moves the primary's lease clock, which is no part of the state. Apply lane only.
/// </summary>
/// <remarks>
/// Invariants. A-1: entries are applied once, without a gap; those at or below the consistent index are skipped. A-2: index and
/// term of the last entry are in the same store write as everything it changed (M1, M2). A-3: a refused command changes nothing
/// but the consistent index; what can refuse it is judged before its first write (M4, M5). A-4: a command of an unknown kind
/// stops the member: skipping it would make the states differ (C14).
/// </remarks>
public sealed class Applier
{
    // A reply's buffer is kept between commands up to this size; a larger one was an exception and is given back.
    private const int KeptBodyBytes = 1024 * 1024;

    private readonly MvccWriter _writer;
    private readonly ApplierOptions _options;
    private readonly KvApplier _keys;
    private readonly TxnApplier _txns;
    private readonly LeaseApplier _leases;
    private readonly AlarmApplier _alarms;
    private readonly ClusterApplier _cluster;
    private readonly AuthApplier _auth;
    private long _leasesGranted;
    private long _leasesRevoked;
    private ByteWriter _body = new(4096);

    /// <summary>Loads leases, members, alarms and users from the store that <paramref name="keys"/> was opened on.</summary>
    public Applier(MvccStore keys, IOrderedStore store, ApplierOptions options, ITraceSink trace)
    {
        Check.That(options.ResponseBytesMax > 0, "a response has bytes");
        _writer = keys.Writer;
        _options = options;
        State = new AppliedState(keys.ConsistentIndex, keys.ConsistentTerm);
        Committed = State;
        Leases = new Lessor(options.Leases);
        LeaseRecords.Load(store, _writer, Leases);
        _keys = new KvApplier(_writer, Leases);
        _txns = new TxnApplier(_writer, _keys, options.ResponseBytesMax);
        _leases = new LeaseApplier(_writer, Leases, trace);
        _alarms = new AlarmApplier(_writer, AlarmTable.Load(store));
        _cluster = new ClusterApplier(_writer, store);
        _auth = new AuthApplier(_writer, store, options.Tokens);
    }

    /// <summary>The last applied entry, those of the running batch included.</summary>
    public AppliedState State { get; private set; }

    /// <summary>The last entry of the last committed batch: what views and the store show.</summary>
    public AppliedState Committed { get; private set; }

    public Lessor Leases { get; }

    public AlarmTable Alarms => _alarms.Table;

    public ClusterState Cluster => _cluster.State;

    /// <summary>Users and roles, those of the running batch included.</summary>
    public AuthTable Auth => _auth.Table;

    /// <summary>What was applied since the store was opened.</summary>
    public ApplyCounts Counts => new(_writer.Counts, _leasesGranted, _leasesRevoked);

    /// <summary>Bytes of the running batch: the caller commits before it grows too large.</summary>
    public int BatchBytes => _writer.Batch.Length;

    /// <summary>What the last applied entry was; none for one that was no command, or was passed over.</summary>
    public CommandKind LastCommand { get; private set; }

    /// <summary>
    /// Applies one committed entry. The reply to a membership entry decides for raft too: with an error, the change is not carried
    /// out there either. Nothing is durable or visible before <see cref="Commit"/>, so no reply is sent before it.
    /// </summary>
    public Reply Apply(in LogEntry entry, Instant now)
    {
        LastCommand = CommandKind.None;
        if (entry.Index <= State.Index)
            return new Reply { Skipped = true, Revision = _writer.Current };
        Check.That(entry.Index == State.Index.Next, "entries are applied without a gap");
        Check.That(entry.Term >= State.Term, "terms in the log never go back");

        var reply = entry.Kind switch
        {
            LogEntryKind.Empty => new Reply { Revision = _writer.Current },
            LogEntryKind.Membership => ApplyMembership(entry),
            _ => ApplyCommand(entry, now),
        };
        State = new AppliedState(entry.Index, entry.Term);
        return reply;
    }

    /// <summary>Writes everything since the last commit in one store write and publishes the new view.</summary>
    public CommittedBatch Commit()
    {
        MetaRecords.PutConsistent(_writer.Batch, State.Index, State.Term);
        var batch = _writer.Commit();
        Committed = State;
        return batch;
    }

    private Reply ApplyCommand(in LogEntry entry, Instant now)
    {
        Check.That(entry.Kind == LogEntryKind.Command, "an entry of the log is of a known kind");
        var read = CommandFields.TryRead(entry.Data.Span, out var command);
        Check.That(read, "a command in the log is well-formed");
        LastCommand = command.Kind;

        var body = _options.IsAwaitedHere(command.Request) ? _body : null;
        _body.Clear();
        var sweep = Revision.Zero;
        // An alarm refuses for every caller alike, and none makes the caller matter less (#22386).
        var error = Alarms.Refusal(command) ?? _auth.Refusal(command, Leases) ?? Dispatch(command, entry.Index, now, body, ref sweep);
        var reply = new Reply
        {
            Request = command.Request,
            Error = error,
            Body = error is null ? TakeBody() : default,
            Revision = _writer.Current,
            AnswerAfterSweepOf = sweep,
        };
        return reply;
    }

    private EtcdError? Dispatch(in CommandFields command, LogIndex index, Instant now, ByteWriter? body, ref Revision sweep)
    {
        switch (command.Kind)
        {
            case CommandKind.Put:
                return PutFields.TryRead(command.Operation, out var put) ? _keys.ApplyPut(put, body) : EtcdErrors.MalformedRequest;
            case CommandKind.DeleteRange:
                return DeleteRangeFields.TryRead(command.Operation, out var delete)
                    ? _keys.ApplyDeleteRange(delete, body, _options.ResponseBytesMax)
                    : EtcdErrors.MalformedRequest;
            case CommandKind.Txn:
                return TxnFields.TryRead(command.Operation, out var txn) ? _txns.Apply(txn, body) : EtcdErrors.MalformedRequest;
            case CommandKind.Compaction:
                return ApplyCompaction(command.Operation, ref sweep);
            case CommandKind.LeaseGrant:
                return Counted(_leases.ApplyGrant(command.Operation, now, _body), ref _leasesGranted);
            case CommandKind.LeaseRevoke:
                return Counted(_leases.ApplyRevoke(command.Operation, expired: command.Request.IsNone), ref _leasesRevoked);
            case CommandKind.LeaseCheckpoint:
                return _leases.ApplyCheckpoint(command.Operation);
            case CommandKind.Alarm:
                return _alarms.Apply(command.Operation, _body);
            default:
                if (AuthApplier.Handles(command.Kind))
                    return _auth.Apply(command, index, _body);
                ApplyToCluster(command);
                return null;
        }
    }

    private static EtcdError? Counted(EtcdError? error, ref long count)
    {
        count += error is null ? 1 : 0;
        return error;
    }

    private void ApplyToCluster(in CommandFields command)
    {
        switch (command.Kind)
        {
            case CommandKind.MemberAttributes:
                _cluster.ApplyAttributes(command.Operation);
                break;
            case CommandKind.ClusterVersion:
                _cluster.ApplyVersion(command.Operation);
                break;
            case CommandKind.Downgrade:
                _cluster.ApplyDowngrade(command.Operation);
                break;
            default:
                Check.Broken("a command is of a kind that this version knows: " + (int)command.Kind);
                break;
        }
    }

    private EtcdError? ApplyCompaction(ReadOnlySpan<byte> request, ref Revision sweep)
    {
        if (!CompactionFields.TryRead(request, out var compaction))
            return EtcdErrors.MalformedRequest;
        if (compaction.Revision > _writer.Current)
            return EtcdErrors.FutureRevision;
        // Zero before any compaction is granted, as etcd does, and compacts nothing.
        var nothing = compaction.Revision == Revision.Zero && _writer.Compacted == Revision.Zero;
        if (nothing)
            return null;
        if (compaction.Revision <= _writer.Compacted)
            return EtcdErrors.Compacted;
        _writer.ScheduleCompact(compaction.Revision);
        if (compaction.IsPhysical)
            sweep = compaction.Revision;
        return null;
    }

    private Reply ApplyMembership(in LogEntry entry)
    {
        // Raft's own entry that leaves a joint membership; nobody waits for it.
        if (entry.Data.IsEmpty)
        {
            _cluster.LeaveJoint();
            return new Reply { Revision = Revision.Zero };
        }

        var change = MembershipCommand.Parser.ParseFrom(entry.Data.Span);
        _body.Clear();
        var error = _cluster.ApplyMembership(change, _body);
        // The Cluster service answers with revision 0 in its headers.
        return new Reply
        {
            Request = new RequestId(change.RequestId),
            Error = error,
            Body = error is null ? TakeBody() : default,
            Revision = Revision.Zero,
        };
    }

    private ReadOnlyMemory<byte> TakeBody()
    {
        if (_body.WrittenCount == 0)
            return default;
        ReadOnlyMemory<byte> body = _body.ToArray();
        if (_body.Capacity > KeptBodyBytes)
            _body = new ByteWriter(4096);
        return body;
    }
}
