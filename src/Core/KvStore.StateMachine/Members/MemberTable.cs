using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.Protocol.Snapshots;

namespace KvStore.StateMachine;

/// <summary>
/// Who belongs to the cluster, and who once did: a removed id is remembered for ever, so that a member that comes back with old
/// data is told (C1), and never taken for another (C2). Immutable: any thread may read the table it was given.
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
        var next = new MemberTable(_members.Values, _removed);
        foreach (var step in change.Steps)
        {
            if (next.Refusal(step, change.LearnersMax) is { } error)
                return error;
            next.Carry(step);
        }

        changed = next;
        return null;
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
                if (known is not null)
                    return EtcdErrors.MemberExists;
                if (HasUrlOf(step.Member, except: id))
                    return EtcdErrors.PeerUrlExists;
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
            default:
                Check.That(step.Kind == MembershipStep.Types.Kind.Remove, "a step of a membership change is of a known kind");
                if (known is null)
                    return EtcdErrors.MemberNotFound;
                // A cluster without voters could never decide anything again; etcd's members stop on it.
                return !known.IsLearner && VoterCount() == 1 ? EtcdErrors.MemberNotEnoughStarted : null;
        }
    }

    private void Carry(MembershipStep step)
    {
        var id = new MemberId(step.Member.Id);
        switch (step.Kind)
        {
            case MembershipStep.Types.Kind.AddVoter:
                _members[id] = Member.Of(step.Member) with { IsLearner = false };
                break;
            case MembershipStep.Types.Kind.AddLearner:
                _members[id] = Member.Of(step.Member) with { IsLearner = true };
                break;
            case MembershipStep.Types.Kind.Promote:
                _members[id] = _members[id] with { IsLearner = false };
                break;
            case MembershipStep.Types.Kind.Update:
                _members[id] = _members[id] with { PeerUrls = [.. step.Member.PeerUrls] };
                break;
            default:
                _members.Remove(id);
                _removed.Add(id);
                break;
        }
    }

    private bool HasUrlOf(MemberRecord record, MemberId except)
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
