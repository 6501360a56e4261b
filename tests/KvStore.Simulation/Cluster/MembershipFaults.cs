using KvStore.Node;
using KvStore.Node.Bootstrap;
using KvStore.Primitives;
using KvStore.Simulation.World;
using KvStore.StateMachine;

namespace KvStore.Simulation.Cluster;

/// <summary>
/// An operator who adds learners, promotes and removes members, and replaces one by another (a joint change, which the leader makes by
/// itself), by chance and while everything else fails. A member that was removed is switched off some time after a leader that
/// stays knows of it, and for good.
/// </summary>
internal sealed class MembershipFaults(NodeRun run)
{
    /// <summary>Disks that may come in addition to the founders'.</summary>
    private const int AddedMax = 3;

    private const ulong FirstAdded = 101;

    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(500);

    private readonly Dictionary<RequestId, Action> _asked = [];
    private readonly HashSet<MemberId> _removed = [];
    private ulong _added;

    /// <summary>When the last change was asked for, or was seen to be under way: until it has settled, nobody outside can say who the voters are.</summary>
    public Instant LastChange { get; private set; }

    private SimulatedWorld World => run.World;

    public bool WasRemoved(MemberId member) => _removed.Contains(member);

    /// <summary>False when the reply is not to an operator.</summary>
    public bool OnReply(RequestId request, in Reply reply)
    {
        if (!_asked.Remove(request, out var done))
            return false;
        World.Note($"change {request} answered: {reply.Error}");
        if (reply.Error is null)
            done();
        return true;
    }

    public void Change()
    {
        if (run.Leader is not { } leader)
            return;
        var members = leader.Node!.Status.Members;
        var learner = members.FirstOrDefault(static member => member.IsLearner);
        var voters = members.Count(static member => !member.IsLearner);
        if (learner is not null && World.Chance.Chance(2, 3))
            Ask(leader, MembershipRequestKind.Promote, learner.Id, "promoted", static () => { });
        else if (voters > 3 || (learner is not null && World.Chance.Chance(1, 4)))
            Remove(leader, members[World.Chance.Below(members.Count)].Id);
        else if (learner is null && _added < AddedMax)
            Add(leader, members.Where(static member => !member.IsLearner).ToList());
    }

    /// <summary>Nothing is left in the middle: no joint membership, and no member that runs waits for its promotion.</summary>
    public bool IsDone => run.Active.All(member => member is { IsUp: true, Node.Status: var status }
        && status.Members.All(info => info.Stage == MemberStage.Settled && !(info is { IsLearner: true, AutoPromote: true } && info.Id == status.Self)));

    /// <summary>Switches off who was removed; from the beginning to the end of a run.</summary>
    public void Watch() => World.After(LookAgain, () =>
    {
        foreach (var member in run.Active)
        {
            if (member is not { IsUp: true, Node: { } node })
                continue;
            // What the leader promotes by itself, it does at any time.
            if (node.Status.Members.Any(static info => info is { IsLearner: true, AutoPromote: true } || info.Stage != MemberStage.Settled))
                LastChange = World.Now;
            // As kvctl's word: a leader that stays. In a cluster of one, the successor alone may still need the vote of who goes.
            if (!node.Status.IsLeader || node.Status.RemovedMembers.Contains(node.Status.Self))
                continue;
            foreach (var removed in node.Status.RemovedMembers)
            {
                if (_removed.Add(removed))
                    World.After(World.Between(TimeSpan.Zero, TimeSpan.FromSeconds(3)), () => run.Retire(removed));
            }
        }

        Watch();
    });

    private void Add(NodeMember leader, List<MemberInfo> voters)
    {
        var id = new MemberId(FirstAdded + _added++);
        var replaces = World.Chance.Chance(1, 2) ? voters[World.Chance.Below(voters.Count)].Id : MemberId.None;
        Ask(leader, MembershipRequestKind.AddLearner, id, replaces.IsNone ? "added" : "added for another", () => JoinWhenKnown(id), replaces);
    }

    /// <summary>A process that joins asks the members who they are, until one of them knows it.</summary>
    private void JoinWhenKnown(MemberId id) => World.After(World.Between(TimeSpan.Zero, LookAgain), () =>
    {
        foreach (var member in run.Active)
        {
            if (member is not { IsUp: true, Node.Status: var known } || known.Members.All(other => other.Id != id))
                continue;
            run.Join(BootstrapPlan.Join(known.Cluster, id, known.Members));
            return;
        }

        if (!_removed.Contains(id))
            JoinWhenKnown(id);
    });

    private void Remove(NodeMember leader, MemberId member) =>
        Ask(leader, MembershipRequestKind.Remove, member, member == leader.Id ? "removed itself as leader" : "removed", static () => { });

    private void Ask(NodeMember leader, MembershipRequestKind kind, MemberId member, string probe, Action done, MemberId replaces = default)
    {
        var request = new RequestId(World.Chance.NextUInt64() | (1UL << 63));
        LastChange = World.Now;
        World.Note($"{leader.Id} is asked: {kind} {member}");
        World.Sometimes("fault: membership change");
        _asked[request] = () =>
        {
            LastChange = World.Now;
            World.Sometimes("a member was " + probe);
            done();
        };
        leader.Process!.Run(() => leader.Node!.TryChangeMembership(request, new MembershipRequest
        {
            Kind = kind, Member = member, PeerUrls = [$"http://m{member}:2380"], AutoPromote = !replaces.IsNone, Replaces = replaces,
        }));
    }
}
