using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.Protocol.Snapshots;

namespace KvStore.StateMachine;

/// <summary>
/// Who belongs to the cluster, and who once did: a removed id is remembered for ever, so that a member that comes back with old
/// data is told (C1), and never taken for another (C2). In a joint membership the stages of its members say who votes in which set,
/// so a store that was written in the middle of a change restarts there. Immutable: any thread may read the table it was given.
/// </summary>
public sealed class MemberTable
{
    public static readonly MemberTable Empty = new([], []);

    private readonly SortedDictionary<MemberId, Member> _members;
    private readonly SortedSet<MemberId> _removed;

    internal MemberTable(IEnumerable<Member> members, IEnumerable<MemberId> removed)
    {
        _members = [];
        foreach (var member in members)
            _members.Add(member.Id, member);
        _removed = [.. removed];
        Check.That(!_removed.Overlaps(_members.Keys), "a removed member is no member");
    }

    /// <summary>The table a store holds, for those who look into a store that is nobody's state (a snapshot on its way).</summary>
    public static MemberTable Load(IOrderedStore store) => ClusterRecords.LoadMembers(store);

    /// <summary>Makes a store that has no members yet the beginning of a cluster (C4, C11).</summary>
    public static void Found(StoreBatch batch, ClusterId cluster, IReadOnlyList<Member> members)
    {
        ClusterRecords.PutClusterId(batch, cluster);
        ClusterRecords.PutChanges(batch, Empty, new MemberTable(members, []));
    }

    /// <summary>By id.</summary>
    public IReadOnlyCollection<Member> Members => _members.Values;

    public IReadOnlyCollection<MemberId> Removed => _removed;

    /// <summary>A change with more than one step is under way: it is finished by leaving, and nothing else can be changed.</summary>
    public bool IsJoint
    {
        get
        {
            foreach (var member in _members.Values)
            {
                if (member.Stage != MemberStage.Settled)
                    return true;
            }

            return false;
        }
    }

    public bool IsRemoved(MemberId member) => _removed.Contains(member);

    public bool TryGet(MemberId member, out Member found)
    {
        var exists = _members.TryGetValue(member, out var value);
        found = value!;
        return exists;
    }

    /// <summary>
    /// Carries out the steps of a change, or says why not: then none of them. A pure function, so all members agree, and so the
    /// proposer can ask before it proposes.
    /// </summary>
    public EtcdError? TryChange(MembershipCommand change, out MemberTable changed)
    {
        changed = this;
        if (IsJoint && !change.Forced)
            return EtcdErrors.Unhealthy;
        var next = new MemberTable(_members.Values, _removed);
        next.Settle();
        foreach (var step in change.Steps)
        {
            if (next.Refusal(step, change.LearnersMax) is { } error)
                return error;
            next.Carry(step, change.Joint);
        }

        changed = next;
        return null;
    }

    /// <summary>Leaves the joint membership: who was leaving is removed. The same table when there is none.</summary>
    public MemberTable LeaveJoint()
    {
        if (!IsJoint)
            return this;
        var next = new MemberTable(_members.Values, _removed);
        foreach (var member in _members.Values)
        {
            if (member.Stage == MemberStage.Leaving)
                next.Forget(member.Id);
        }

        next.Settle();
        return next;
    }

    internal MemberTable With(Member member)
    {
        var next = new MemberTable(_members.Values, _removed);
        next._members[member.Id] = member;
        return next;
    }

    private EtcdError? Refusal(MembershipStep step, uint learnersMax)
    {
        var id = new MemberId(step.Member.Id);
        if (_removed.Contains(id))
            return EtcdErrors.MemberNotFound;
        var known = _members.GetValueOrDefault(id);
        switch (step.Kind)
        {
            case MembershipStep.Types.Kind.AddVoter or MembershipStep.Types.Kind.AddLearner:
                // An id is made of the addresses and the second: the same addresses twice are the cause of the same id, not the reverse.
                if (HasUrlOf(step.Member))
                    return EtcdErrors.PeerUrlExists;
                if (known is not null)
                    return EtcdErrors.MemberExists;
                if (RefusalToReplace(step.Member, id) is { } notReplaced)
                    return notReplaced;
                var learners = step.Kind == MembershipStep.Types.Kind.AddLearner && learnersMax > 0 ? LearnerCount() + 1 : 0;
                return learners > learnersMax ? EtcdErrors.TooManyLearners : null;
            case MembershipStep.Types.Kind.Promote:
                if (known is null)
                    return EtcdErrors.MemberNotFound;
                return known.IsLearner ? null : EtcdErrors.MemberNotLearner;
            case MembershipStep.Types.Kind.Update:
                if (known is null)
                    return EtcdErrors.MemberNotFound;
                return HasUrlOf(step.Member, except: id) ? EtcdErrors.PeerUrlExists : null;
            case MembershipStep.Types.Kind.Adopt:
                if (known is null)
                    return EtcdErrors.MemberNotFound;
                return known.IsLearner ? RefusalToReplace(step.Member, id) : EtcdErrors.MemberNotLearner;
            default:
                Check.That(step.Kind == MembershipStep.Types.Kind.Remove, "a step of a membership change is of a known kind");
                if (known is null)
                    return EtcdErrors.MemberNotFound;
                // A cluster without voters could never decide anything again; etcd's members stop on it.
                return !known.IsLearner && VoterCount() == 1 ? EtcdErrors.MemberNotEnoughStarted : null;
        }
    }

    /// <summary>A voter is replaced by one learner at a time.</summary>
    private EtcdError? RefusalToReplace(MemberRecord record, MemberId by)
    {
        if (record.Replaces == 0)
            return null;
        if (!_members.TryGetValue(new MemberId(record.Replaces), out var replaced))
            return EtcdErrors.MemberNotFound;
        if (replaced.IsLearner)
            return MembershipErrors.OnlyVotersAreReplaced;
        foreach (var member in _members.Values)
        {
            if (member.IsLearner && member.Id != by && member.Replaces == replaced.Id)
                return MembershipErrors.ReplacementUnderWay;
        }

        return null;
    }

    /// <summary>In a joint change a voter that comes or goes only changes its stage: both sets of voters stay known.</summary>
    private void Carry(MembershipStep step, bool joint)
    {
        var id = new MemberId(step.Member.Id);
        switch (step.Kind)
        {
            case MembershipStep.Types.Kind.AddVoter:
                _members[id] = Member.Of(step.Member) with { IsLearner = false, Stage = joint ? MemberStage.Joining : MemberStage.Settled };
                break;
            case MembershipStep.Types.Kind.AddLearner:
                _members[id] = Member.Of(step.Member) with { IsLearner = true };
                break;
            case MembershipStep.Types.Kind.Promote:
                _members[id] = _members[id] with { IsLearner = false, Stage = joint ? MemberStage.Joining : MemberStage.Settled };
                break;
            case MembershipStep.Types.Kind.Update:
                _members[id] = _members[id] with { PeerUrls = [.. step.Member.PeerUrls] };
                break;
            case MembershipStep.Types.Kind.Adopt:
                _members[id] = _members[id] with { AutoPromote = step.Member.AutoPromote, Replaces = new MemberId(step.Member.Replaces) };
                break;
            default:
                if (joint && !_members[id].IsLearner)
                    _members[id] = _members[id] with { Stage = MemberStage.Leaving };
                else
                    Forget(id);
                break;
        }
    }

    private void Forget(MemberId id)
    {
        _members.Remove(id);
        _removed.Add(id);
    }

    private void Settle()
    {
        foreach (var member in (Member[])[.. _members.Values])
        {
            if (member.Stage != MemberStage.Settled)
                _members[member.Id] = member with { Stage = MemberStage.Settled };
        }
    }

    private bool HasUrlOf(MemberRecord record, MemberId except = default)
    {
        foreach (var member in _members.Values)
        {
            if (member.Id == except)
                continue;
            foreach (var url in record.PeerUrls)
            {
                if (Array.IndexOf([.. member.PeerUrls], url) >= 0)
                    return true;
            }
        }

        return false;
    }

    private int LearnerCount()
    {
        var count = 0;
        foreach (var member in _members.Values)
            count += member.IsLearner ? 1 : 0;
        return count;
    }

    private int VoterCount() => _members.Count - LearnerCount();
}
