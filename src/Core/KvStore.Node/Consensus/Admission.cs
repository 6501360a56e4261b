using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.Raft;

namespace KvStore.Node.Consensus;

/// <summary>Decides which proposals raft sees, which wait for a leader and which are refused, with etcd's errors. Owned by the Consensus lane.</summary>
internal sealed class Admission(NodeOptions options, RaftCore raft, IProposalOutcome outcome)
{
    private readonly NodeOptions _options = options;
    private readonly RaftCore _raft = raft;
    private readonly IProposalOutcome _outcome = outcome;
    private readonly HeldProposals _held = new(options.HeldProposalsMax, options.HeldBytesMax);

    public int Held => _held.Count;

    public long Accepted { get; private set; }

    public long Failed { get; private set; }

    /// <summary>Set once, when the member stops or was removed: what new calls are told.</summary>
    public EtcdError? Closed { get; private set; }

    /// <summary>The leader was removed and leads only until the others know: it takes nothing, so all waits for its successor.</summary>
    public bool IsLeaderGoing { get; set; }

    public void Propose(RequestId request, ReadOnlyMemory<byte> command, Instant now)
    {
        var refusal = Refusal(command.Length);
        if (refusal is not null)
            Fail(request, refusal);
        else if (_held.Count > 0 || IsLeaderGoing)
            Hold(new HeldProposal(request, command, now));
        else
            Offer(new HeldProposal(request, command, now));
    }

    /// <summary>A follower's callers wait there: their proposals are held here while nobody leads or leadership is being handed over.</summary>
    public void ProposeForPeer(ReadOnlyMemory<byte> command, Instant now) => Hold(new HeldProposal(RequestId.None, command, now));

    /// <summary>A leader may have appeared: proposes what waits, in order.</summary>
    public void Release()
    {
        while (!IsLeaderGoing && _held.TryPeek(out var proposal))
        {
            var result = _raft.Propose(proposal.Command);
            if (result is ProposeResult.NoLeader or ProposeResult.Transferring or ProposeResult.Overloaded)
                return;
            _held.Take();
            Accepted++;
        }
    }

    /// <summary>Ends the waiting of proposals that found no leader; the text is the one of the caller's deadline, as in etcd.</summary>
    public void Expire(Instant now)
    {
        var before = now - _options.RequestTimeout;
        while (_held.TryPeek(out var proposal) && proposal.Since < before)
            Fail(_held.Take().Request, EtcdErrors.CallerDeadlineExceeded);
    }

    /// <summary>Refuses everything from now on. What waits for a leader goes on waiting: the successor may be there in a moment.</summary>
    public void Close(EtcdError reason) => Closed ??= reason;

    public void FailHeld(EtcdError error)
    {
        while (_held.Count > 0)
            Fail(_held.Take().Request, error);
    }

    private EtcdError? Refusal(int bytes)
    {
        if (Closed is not null)
            return Closed;
        if (bytes > _options.CommandBytesMax)
            return EtcdErrors.RequestTooLarge;
        return _raft.CommitIndex > _raft.AppliedIndex + _options.CommitApplyGapMax ? EtcdErrors.TooManyRequests : null;
    }

    private void Offer(in HeldProposal proposal)
    {
        switch (_raft.Propose(proposal.Command))
        {
            case ProposeResult.Accepted or ProposeResult.Forwarded:
                Accepted++;
                break;
            case ProposeResult.Overloaded:
                Fail(proposal.Request, EtcdErrors.TooManyRequests);
                break;
            default:
                Hold(proposal);
                break;
        }
    }

    private void Hold(in HeldProposal proposal)
    {
        if (!_held.TryHold(proposal))
            Fail(proposal.Request, EtcdErrors.TooManyRequests);
    }

    private void Fail(RequestId request, EtcdError error)
    {
        Failed++;
        if (!request.IsNone)
            _outcome.Refused(request, error);
    }
}
