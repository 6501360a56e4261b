using KvStore.Node;
using KvStore.Node.Bootstrap;
using KvStore.Node.Watch;
using KvStore.Primitives;
using KvStore.Simulation.Checks;
using KvStore.Simulation.World;
using KvStore.StateMachine;

namespace KvStore.Simulation.Cluster;

/// <summary>
/// One run of whole members: everything but gRPC and RocksDB. First anything may fail; then everything heals, and the cluster has
/// to elect, answer and converge, with every acknowledged write in it.
/// </summary>
public sealed class NodeRun
{
    private const int WatchClients = 3;

    /// <summary>After so long without a change the voters are those that every member knows.</summary>
    private static readonly TimeSpan MembershipSettled = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan SafetyPhase = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan LivenessLimit = TimeSpan.FromSeconds(120);

    private readonly SortedDictionary<MemberId, NodeMember> _members = [];
    private readonly List<NodeMember> _active = [];
    private readonly List<WatchClient> _watchers = [];

    /// <summary>Its own, so that what the checkers look at does not change what happens.</summary>
    private readonly Prng _sampling;
    private readonly MembershipFaults _operator;
    private readonly DurableQuorum _disks;
    private int _crashes;
    private long _streams;
    private long _watched;

    private NodeRun(ulong seed, TextWriter? lines)
    {
        World = new SimulatedWorld(seed, lines);
        _sampling = new Prng(~seed);
        Plan = FaultPlan.Of(World.Chance);
        Options = DrawOptions(World.Chance);
        Faults = NodeFaults.Of(World.Chance);
        _operator = new MembershipFaults(this);
        _disks = new DurableQuorum(World, Options.WalDirectory, Options.Wal);
        Network = new SimulatedNetwork(World) { Faults = Plan.Network with { DuplicatesLogFrames = false } };
        States = new StateChecks(World);
        Events = new EventHistory(World);
        Clients = new NodeClients(this);
        for (var i = 1; i <= WatchClients; i++)
            _watchers.Add(new WatchClient(this, i));
        var founders = new List<MemberInfo>();
        for (var i = 1; i <= Plan.Members; i++)
            founders.Add(new MemberInfo(new MemberId((ulong)i), $"m{i}", [$"http://m{i}:2380"], [], IsLearner: false));
        foreach (var founder in founders)
            _members[founder.Id] = new NodeMember(this, BootstrapPlan.Found(new ClusterId(0xC1), founder.Id, founders));
        _active.AddRange(_members.Values);
        World.Note($"plan {Plan} {Faults}");
        if (Plan.SlowSync > FaultPlan.UsualSync)
            World.Sometimes("fault: slow log");
        if (Faults.SlowLane is not null)
            World.Sometimes("fault: slow lane");
    }

    internal SimulatedWorld World { get; }

    internal FaultPlan Plan { get; }

    internal NodeFaults Faults { get; }

    internal NodeOptions Options { get; }

    /// <summary>The members that were not switched off for good.</summary>
    internal IReadOnlyList<NodeMember> Active => _active;

    internal SimulatedNetwork Network { get; }

    internal NodeClients Clients { get; }

    internal StateChecks States { get; }

    internal EventHistory Events { get; }

    internal bool IsHealed { get; private set; }

    /// <summary>Some member that takes itself for the leader; which one is a matter of chance while there are two.</summary>
    internal NodeMember? Leader => _active.Find(static m => m is { IsUp: true, Node.Status.IsLeader: true });

    private RevisionHistory History => Clients.History;

    public static RunResult Run(ulong seed, TextWriter? lines = null)
    {
        var run = new NodeRun(seed, lines);
        run.RunSafetyPhase();
        run.RunLivenessPhase();
        run.History.CheckSightings(run.Events);
        return new RunResult(
            seed, run.World.Failure, run.World.Transcript.Hash, run.World.Transcript.Events, run.States.Terms, run.States.States,
            run.History.Asked, run.History.Answered, run._crashes, run.World.Reached);
    }

    internal void OnEnded(MemberId member, string why)
    {
        _crashes++;
        World.Sometimes("a process ended: " + (why.StartsWith("storage", StringComparison.Ordinal) ? "storage failed" : why));
        World.Note($"member {member} ended: {why}");
    }

    internal void OnReply(NodeMember member, RequestId request, in Reply reply)
    {
        if (!_operator.OnReply(request, reply))
            Clients.OnReply(member, request, reply);
    }

    internal void OnApplied(NodeMember member, LogIndex index)
    {
        // While the membership changes it depends on the index who is a voter, and the members know that better than we do.
        if (World.Now < _operator.LastChange + MembershipSettled)
            return;
        var voters = member.Node!.Status.Members.Where(static m => !m.IsLearner).Select(m => _members[m.Id].Disk).ToList();
        _disks.OnApplied(index, voters, _sampling);
    }

    internal void Join(BootstrapPlan plan)
    {
        if (_members.ContainsKey(plan.Self) || _operator.WasRemoved(plan.Self))
            return;
        var member = new NodeMember(this, plan);
        _members[plan.Self] = member;
        _active.Add(member);
        member.Start();
    }

    internal void Retire(MemberId id)
    {
        if (!_members.TryGetValue(id, out var member) || member.IsRetired)
            return;
        World.Note($"member {id} is switched off");
        member.Retire();
        _active.Remove(member);
    }

    internal void OnWatched(Protocol.Etcd.WatchResponse response)
    {
        _watched += response.Events.Count;
        World.Note($"watcher {response.WatchId}: {response.Events.Count} events, header {response.Header.Revision}");
    }

    internal long NextStream() => ++_streams;

    internal TimeSpan LaneDelay(string lane)
    {
        if (lane == "log")
            return World.Between(TimeSpan.FromMicroseconds(50), IsHealed ? TimeSpan.FromMilliseconds(2) : Plan.SlowSync + TimeSpan.FromMilliseconds(1));
        return World.Between(TimeSpan.FromMicroseconds(1), !IsHealed && lane == Faults.SlowLane ? Faults.SlowLaneDelay : TimeSpan.FromMicroseconds(200));
    }

    internal int LaneCapacity(string lane, int capacity) => Faults.LaneCapacityMax is { } max ? Math.Min(max, capacity) : capacity;

    private void RunSafetyPhase()
    {
        foreach (var member in _members.Values)
            member.Start();
        Clients.Begin();
        foreach (var watcher in _watchers)
            watcher.Begin();
        _operator.Watch();
        Repeat(Faults.MembershipEvery, _operator.Change);
        Repeat(Faults.DiskFullEvery, () => AnyMember().FillDisk(World.Between(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(8))));
        Repeat(Plan.CrashEvery, () => AnyMember().Kill());
        Repeat(Plan.DiskFaultEvery, BreakADisk);
        Repeat(Plan.CutEvery, () => Network.CutSome(_members.Keys, World.Chance));
        Repeat(Plan.PauseEvery, PauseOne);
        Repeat(Plan.TransferEvery, () => AnyMember().Node?.TryTransferLeadership(new RequestId(World.Chance.NextUInt64() | (1UL << 63)), AnyMember().Id));
        World.RunUntil(new Instant(SafetyPhase.Ticks));
    }

    private void RunLivenessPhase()
    {
        IsHealed = true;
        World.Note("everything heals");
        Network.Faults = NetworkFaults.None;
        Network.Heal();
        foreach (var member in _active)
            member.Heal();
        Must(() => _active.TrueForAll(m => m.IsUp), "not every member starts again");
        var before = History.Answered;
        Must(() => History.Answered > before + 20, "the healed cluster does not answer");
        Clients.Stop();
        Must(() => _operator.IsDone, "a member is not replaced or promoted for ever");
        Must(HasConverged, "the healed cluster does not converge");
        Must(() => _watchers.TrueForAll(static w => w.IsComplete), "watchers do not get what happened");
        if (World.Failure is not null)
            return;
        foreach (var member in _active)
            Clients.ObserveAll(member);
    }

    private void Must(Func<bool> condition, string otherwise)
    {
        if (World.Failure is null && !World.RunUntil(condition, LivenessLimit))
            World.Fail($"{otherwise}: {Where()}");
    }

    private bool HasConverged() =>
        History.Waiting == 0
        && _active.TrueForAll(static m => !m.Node!.Status.IsRemoved && m.IsUp)
        && _active.TrueForAll(m => m.Node!.Status.AppliedIndex == m.Node.Status.CommitIndex)
        && _active.Select(m => m.Node!.Status.AppliedIndex).Distinct().Count() == 1;

    private string Where() => string.Join(' ', _active.Select(m =>
        $"{m.Id}:{(m.IsUp ? "up" : "down")} leader {m.Node?.Status.Leader} applied {m.Node?.Status.AppliedIndex}/{m.Node?.Status.CommitIndex} {m.Node?.Status.Quarantine}").Concat(_watchers.Select(static w => w.Where)));

    private void BreakADisk()
    {
        var member = AnyMember();
        World.Sometimes("fault: broken call of a disk or store");
        if (World.Chance.Chance(1, 4))
            member.CrashInStore(1 + World.Chance.Below(30));
        else
            member.Disk.FaultSoon(World.Chance);
    }

    private void PauseOne()
    {
        World.Sometimes("fault: process paused");
        AnyMember().Process?.Pause(World.Between(TimeSpan.Zero, TimeSpan.FromSeconds(6)));
    }

    private void Repeat(TimeSpan? every, Action act)
    {
        if (every is not { } mean)
            return;
        World.After(World.Between(mean / 10, mean * 2), () =>
        {
            if (IsHealed)
                return;
            act();
            Repeat(every, act);
        });
    }

    internal NodeMember AnyMember() => _active[World.Chance.Below(_active.Count)];

    private static NodeOptions DrawOptions(Prng chance) => new()
    {
        DataDirectory = "/data",
        Wal = new Wal.WalOptions { SegmentBytes = 4096L << chance.Below(5), BufferBytesMax = 1 << (int)chance.Between(10, 16) },
        CatchUpEntries = (ulong)chance.Between(5, 200),
        CompactLogEvery = (ulong)chance.Between(5, 100),
        FlushInterval = TimeSpan.FromMilliseconds(chance.Between(200, 5000)),
        FlushAfterEntries = (ulong)chance.Between(20, 500),
        SnapshotChunkBytes = 1 << (int)chance.Between(8, 14),
        ConsensusBatchMax = chance.Chance(1, 4) ? 1 : 64,
        ApplyBatchMax = chance.Chance(1, 4) ? 1 : 64,
        SweepVersionsMax = (int)chance.Between(1, 64),
        PreVote = chance.Chance(3, 4),
        Watch = new WatchOptions
        {
            Prng = new Prng(0),
            StreamFramesMax = (int)chance.Between(1, 30),
            StreamBytesMax = 1 << (int)chance.Between(6, 20),
            FrameBytesMax = 1 << (int)chance.Between(6, 18),
            FragmentBytes = 1 << (int)chance.Between(7, 14),
            SliceRevisionsMax = (int)chance.Between(1, 50),
            SliceBytesMax = 1 << (int)chance.Between(6, 20),
            SliceWatchersMax = (int)chance.Between(1, 8),
            ProgressInterval = TimeSpan.FromMilliseconds(chance.Between(100, 5000)),
        },
    };
}
