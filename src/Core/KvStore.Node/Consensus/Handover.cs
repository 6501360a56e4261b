using KvStore.Primitives;
using KvStore.Raft;

namespace KvStore.Node.Consensus;

/// <summary>
/// Leadership that moves on purpose: because a client asked (one at a time), or because the member stops (C17). Owned by the
/// Consensus lane, which tells it of ticks and of changes of the leader.
/// </summary>
internal sealed class Handover(NodeOptions options, RaftCore raft, MemberId self)
{
    private readonly NodeOptions _options = options;
    private readonly RaftCore _raft = raft;
    private readonly MemberId _self = self;
    private RequestId _request;
    private MemberId _target;
    private Instant _until;

    public bool IsUnderWay => !_request.IsNone;

    /// <summary>The last one begun: nobody asked for a certain successor.</summary>
    public bool IsForStop => _target.IsNone;

    /// <summary>A client's transfer. False: raft refuses the target.</summary>
    public bool TryBegin(RequestId request, MemberId target, Instant now)
    {
        if (target != _self && !_raft.TransferLeadership(target))
            return false;
        Begin(request, target, now + _options.TransferTimeout);
        return true;
    }

    /// <summary>The member stops: the voter that is furthest gets the lead. False: there is nobody to hand over to, or nothing to hand over.</summary>
    public bool TryBeginStop(RequestId request, Instant now)
    {
        var health = ClusterHealth.Of(_raft, _self);
        if (health?.FurthestVoter() is not { IsNone: false } target || !_raft.TransferLeadership(target))
            return false;
        Begin(request, MemberId.None, now + _options.HandoverTimeout);
        return true;
    }

    /// <summary>The request to complete, and whether the lead is where it should be; null while it is still under way.</summary>
    public (RequestId Request, bool Done)? Outcome(Instant now)
    {
        if (!IsUnderWay)
            return null;
        var leader = _raft.Leader;
        var isThere = _target.IsNone ? !leader.IsNone && leader != _self : leader == _target;
        if (!isThere && now < _until)
            return null;
        var request = _request;
        _request = RequestId.None;
        return (request, isThere);
    }

    /// <summary>The request that waited, none if nothing was under way. What raft began goes on.</summary>
    public RequestId Abandon()
    {
        var request = _request;
        _request = RequestId.None;
        return request;
    }

    private void Begin(RequestId request, MemberId target, Instant until)
    {
        _request = request;
        _target = target;
        _until = until;
    }
}
