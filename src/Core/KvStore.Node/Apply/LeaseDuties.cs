using KvStore.Node.Messages;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.StateMachine;

namespace KvStore.Node.Apply;

/// <summary>
/// What the leader does for leases: keeps their time, proposes the end of those that expired, answers keep-alives. Owned by the
/// Apply lane.
/// </summary>
/// <remarks>
/// The lane knows the time of the last tick only, which is long ago when the process was stopped or the machine stood still, and
/// before the first tick is no time at all. A lease's time therefore begins one tick later than that (<see cref="StartOfTime"/>),
/// and if the next tick comes late, at that one: leases may live a tick too long, never end early.
/// </remarks>
internal sealed class LeaseDuties(NodeOptions options, IReplies<Reply> replies, Outbox<ConsensusMessage> consensus)
{
    // Fields of the lease responses.
    private const int IdField = 2;
    private const int TtlField = 3;
    private const int GrantedTtlField = 4;
    private const int KeysField = 5;
    private const int LeasesField = 2;

    private readonly NodeOptions _options = options;
    private readonly IReplies<Reply> _replies = replies;
    private readonly Outbox<ConsensusMessage> _consensus = consensus;
    private readonly LeaseId[] _expired = new LeaseId[options.RevokesAtOnceMax];
    private readonly LeaseCheckpointDue[] _checkpoints = new LeaseCheckpointDue[options.LeaseCheckpointsMax];
    private readonly List<LeaseCall> _waiting = [];
    private readonly List<LeaseCall> _retried = [];
    private readonly Dictionary<LeaseId, Instant> _resets = [];
    private Applier? _applier;
    private Term? _leads;
    private Instant _expiryDue;
    private LeaseId _lastOfSlice;
    private Instant _tick;
    private bool _promotedSinceTick;

    private Lessor Leases => _applier!.Leases;

    /// <summary>A new state machine, at the start or from a snapshot: nobody is primary in it.</summary>
    public void Reset(Applier applier)
    {
        _applier = applier;
        _lastOfSlice = default;
    }

    public Instant StartOfTime(Instant now) => now + _options.TickInterval;

    public void OnLeadership(Term term, bool leads, Term applied, Instant now)
    {
        _leads = leads ? term : null;
        _lastOfSlice = default;
        if (Leases.IsPrimary)
            Leases.Demote();
        OnApplied(applied, now);
    }

    /// <summary>L1: an entry of the leader's own term is applied, so every one of earlier terms is.</summary>
    public void OnApplied(Term applied, Instant now)
    {
        if (_leads is { } term && applied >= term && !Leases.IsPrimary)
            Promote(now);
        // Revokes are applied in the order they were proposed: with the last one the slice is done, and the next may follow.
        if (_lastOfSlice != default && Leases.IsPrimary && !Leases.Contains(_lastOfSlice))
            RevokeExpired(now);
    }

    public void Tick(Instant now)
    {
        if (now > StartOfTime(_tick))
            BeginAgain(now);
        _tick = now;
        _promotedSinceTick = false;
        Leases.ForgetBegun();
        if (!Leases.IsPrimary || now < _expiryDue)
            return;
        RevokeExpired(now);
        var due = Leases.CheckpointsDue(now, _checkpoints);
        if (due > 0)
            Propose(LeaseCommands.Checkpoint(_checkpoints.AsSpan(0, due)));
    }

    /// <summary>
    /// Proposes the end of a slice of them. Many at once: the next slice follows when this one is applied, or with the next tick if
    /// it was lost, so that the calls of clients find room between (L10).
    /// </summary>
    private void RevokeExpired(Instant now)
    {
        var expired = Leases.Expired(now, _expired);
        var isFull = expired == _expired.Length;
        _expiryDue = isFull ? now : now + _options.LeaseExpiryInterval;
        _lastOfSlice = isFull ? _expired[^1] : default;
        for (var i = 0; i < expired; i++)
            Propose(LeaseCommands.Revoke(_expired[i]));
    }

    /// <summary>The tick is late: what began since the last one began at a time that was over already.</summary>
    private void BeginAgain(Instant now)
    {
        if (_promotedSinceTick && Leases.IsPrimary)
            Promote(now);
        Leases.BeginAgain(StartOfTime(now));
    }

    private void Promote(Instant now)
    {
        Leases.Promote(StartOfTime(now), _options.ElectionTimeout);
        _promotedSinceTick = true;
    }

    /// <summary>A call that came through a confirmed leader, after everything committed before it was applied (L3, L4).</summary>
    public void OnCall(LeaseCall call, Term term, Instant now)
    {
        if (_leads != term || !Leases.IsPrimary)
            _replies.Complete(call.Request, Replies.Refused(call.Request, EtcdErrors.NotLeader));
        else if (Refusal(call) is { } refused)
            _replies.Complete(call.Request, Replies.Refused(call.Request, refused));
        else if (call.Kind == LeaseCallKind.KeepAlive)
            KeepAlive(call, now);
        else
            TimeToLive(call, now);
    }

    /// <summary>Keep-alives of leases that had expired, or that wait for a checkpoint, once something was applied or leadership went.</summary>
    public void RetryWaiting(Instant now)
    {
        if (_waiting.Count == 0)
            return;
        _retried.AddRange(_waiting);
        _waiting.Clear();
        foreach (var call in _retried)
            KeepAlive(call, now);
        _retried.Clear();
        if (_waiting.Count == 0)
            _resets.Clear();
    }

    /// <summary>The whole list tells of every lease: who asks must be able to read the keys of all.</summary>
    public void List(RequestId request, Caller caller)
    {
        var leases = new List<LeaseId>();
        Leases.CopyLeasesTo(leases);
        if (RefusalToList(leases, caller) is { } refused)
        {
            _replies.Complete(request, Replies.Refused(request, refused));
            return;
        }

        var body = new ByteWriter();
        var status = new ByteWriter(16);
        foreach (var lease in leases)
        {
            status.Clear();
            status.WriteInt64Field(1, lease.Value);
            body.WriteMessageField(LeasesField, status.WrittenSpan);
        }

        Complete(request, body);
    }

    /// <summary>By the keys that the lease has now (CVE-2023-32082); the time alone is told to every known caller.</summary>
    private EtcdError? Refusal(LeaseCall call)
    {
        var auth = _applier!.Auth;
        if (auth.CheckKnown(call.Caller) is { } unknown)
            return unknown;
        return call.Kind switch
        {
            LeaseCallKind.KeepAlive => auth.AccessOf(call.Caller).CheckLeaseWrite(call.Lease, Leases),
            LeaseCallKind.TimeToLiveWithKeys => auth.AccessOf(call.Caller).CheckLeaseRead(call.Lease, Leases),
            _ => null,
        };
    }

    private EtcdError? RefusalToList(List<LeaseId> leases, in Caller caller)
    {
        var auth = _applier!.Auth;
        if (!auth.IsEnabled)
            return null;
        if (auth.CheckKnown(caller) is { } unknown)
            return unknown;
        var access = auth.AccessOf(caller);
        foreach (var lease in leases)
        {
            if (access.CheckLeaseRead(lease, Leases) is { } refused)
                return refused;
        }

        return null;
    }

    private void KeepAlive(LeaseCall call, Instant now)
    {
        switch (Leases.Renew(call.Lease, StartOfTime(now), out var ttlSeconds))
        {
            case RenewOutcome.Renewed or RenewOutcome.NotFound:
                var body = new ByteWriter(24);
                body.WriteInt64Field(IdField, call.Lease.Value);
                body.WriteInt64Field(TtlField, ttlSeconds);
                Complete(call.Request, body);
                break;
            case RenewOutcome.NotPrimary:
                _replies.Complete(call.Request, Replies.Refused(call.Request, EtcdErrors.NotLeader));
                break;
            case RenewOutcome.CheckpointFirst:
                ProposeReset(call.Lease, now);
                _waiting.Add(call);
                break;
            default:
                _waiting.Add(call);
                break;
        }
    }

    /// <summary>Asked once for each lease that has callers waiting, and again when the proposal was lost.</summary>
    private void ProposeReset(LeaseId lease, Instant now)
    {
        if (_resets.TryGetValue(lease, out var last) && now < last + _options.Applier.Leases.RevokeRetry)
            return;
        _resets[lease] = now;
        Propose(LeaseCommands.Checkpoint([new LeaseCheckpointDue(lease, 0)]));
    }

    private void TimeToLive(LeaseCall call, Instant now)
    {
        var body = new ByteWriter();
        body.WriteInt64Field(IdField, call.Lease.Value);
        if (!Leases.TryGetExpiry(call.Lease, now, out var expiry))
        {
            body.WriteInt64Field(TtlField, -1);
            Complete(call.Request, body);
            return;
        }

        body.WriteInt64Field(TtlField, (long)expiry.Remaining.TotalSeconds);
        body.WriteInt64Field(GrantedTtlField, expiry.GrantedTtlSeconds);
        if (call.Kind == LeaseCallKind.TimeToLiveWithKeys)
        {
            var keys = new List<ReadOnlyMemory<byte>>();
            Leases.CopyKeysTo(call.Lease, keys);
            foreach (var key in keys)
                body.WriteMessageField(KeysField, key.Span);
        }

        Complete(call.Request, body);
    }

    private void Complete(RequestId request, ByteWriter body) =>
        _replies.Complete(request, new Reply { Request = request, Body = body.WrittenMemory });

    private void Propose(byte[] command)
    {
        if (_leads is { } term)
            _consensus.Post(ConsensusMessage.ProposeAsLeader(term, command));
    }
}
