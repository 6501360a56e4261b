using KvStore.Node;
using KvStore.Node.Bootstrap;
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
    private const int Keys = 8;
    private const int Clients = 4;

    private static readonly TimeSpan SafetyPhase = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan LivenessLimit = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan ClientPatience = TimeSpan.FromSeconds(8);

    private readonly SortedDictionary<MemberId, NodeMember> _members = [];
    private readonly Dictionary<RequestId, Action<NodeMember, Reply>> _calls = [];
    private readonly ByteWriter _scratch = new();
    private readonly int? _laneCapacityMax;
    private bool _healed;
    private bool _asking = true;
    private int _crashes;
    private ulong _nextValue;
    private long _nextLease;

    private NodeRun(ulong seed, TextWriter? lines)
    {
        World = new SimulatedWorld(seed, lines);
        Plan = FaultPlan.Of(World.Chance);
        Options = DrawOptions(World.Chance);
        _laneCapacityMax = World.Chance.Chance(1, 4) ? 4 + World.Chance.Below(60) : null;
        Network = new SimulatedNetwork(World) { Faults = Plan.Network with { DuplicatesLogFrames = false } };
        History = new RevisionHistory(World);
        States = new StateChecks(World);
        var founders = new List<MemberInfo>();
        for (var i = 1; i <= Plan.Members; i++)
            founders.Add(new MemberInfo(new MemberId((ulong)i), $"m{i}", [$"http://m{i}:2380"], [], IsLearner: false));
        foreach (var founder in founders)
            _members[founder.Id] = new NodeMember(this, BootstrapPlan.Found(new ClusterId(0xC1), founder.Id, founders));
        World.Note($"plan {Plan}");
    }

    internal SimulatedWorld World { get; }

    internal FaultPlan Plan { get; }

    internal NodeOptions Options { get; }

    internal SimulatedNetwork Network { get; }

    internal RevisionHistory History { get; }

    internal StateChecks States { get; }

    public static RunResult Run(ulong seed, TextWriter? lines = null)
    {
        var run = new NodeRun(seed, lines);
        run.RunSafetyPhase();
        run.RunLivenessPhase();
        run.History.CheckSightings();
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
        if (!_calls.Remove(request, out var call))
            return;
        World.Note($"request {request} answered by {member.Id}: {reply.Revision} {reply.Error}");
        if (reply.Error is null && !reply.Skipped)
            call(member, reply);
        else
            History.Forget(request);
    }

    internal TimeSpan LaneDelay(string lane) => lane == "log"
        ? World.Between(TimeSpan.FromMicroseconds(50), _healed ? TimeSpan.FromMilliseconds(2) : Plan.SlowSync + TimeSpan.FromMilliseconds(1))
        : World.Between(TimeSpan.FromMicroseconds(1), TimeSpan.FromMicroseconds(200));

    internal int LaneCapacity(string lane, int capacity) => _laneCapacityMax is { } max ? Math.Min(max, capacity) : capacity;

    private void RunSafetyPhase()
    {
        foreach (var member in _members.Values)
            member.Start();
        for (var i = 0; i < Clients; i++)
            AskLater();
        Repeat(Plan.CrashEvery, () => AnyMember().Kill());
        Repeat(Plan.DiskFaultEvery, BreakADisk);
        Repeat(Plan.CutEvery, () => Network.CutSome(_members.Keys, World.Chance));
        Repeat(Plan.PauseEvery, () => AnyMember().Process?.Pause(World.Between(TimeSpan.Zero, TimeSpan.FromSeconds(6))));
        Repeat(Plan.TransferEvery, () => AnyMember().Node?.TryTransferLeadership(new RequestId(World.Chance.NextUInt64() | (1UL << 63)), AnyMember().Id));
        World.RunUntil(new Instant(SafetyPhase.Ticks));
    }

    private void RunLivenessPhase()
    {
        _healed = true;
        World.Note("everything heals");
        Network.Faults = NetworkFaults.None;
        Network.Heal();
        foreach (var member in _members.Values)
            member.Heal();
        Must(() => _members.Values.All(m => m.IsUp), "not every member starts again");
        var before = History.Answered;
        Must(() => History.Answered > before + 20, "the healed cluster does not answer");
        _asking = false;
        Must(HasConverged, "the healed cluster does not converge");
        if (World.Failure is not null)
            return;
        foreach (var member in _members.Values)
        {
            using var view = member.Node!.OpenView();
            if (view.Current < History.Heard)
                World.Fail($"member {member.Id} ended at revision {view.Current}, but a client had heard of {History.Heard}");
            for (var key = 0; key < Keys; key++)
                Observe(view, key);
        }
    }

    private void Must(Func<bool> condition, string otherwise)
    {
        if (World.Failure is null && !World.RunUntil(condition, LivenessLimit))
            World.Fail($"{otherwise}: {Where()}");
    }

    private bool HasConverged() =>
        History.Waiting == 0
        && _members.Values.All(m => m.Node!.Status.AppliedIndex == m.Node.Status.CommitIndex)
        && _members.Values.Select(m => m.Node!.Status.AppliedIndex).Distinct().Count() == 1;

    private string Where() => string.Join(' ', _members.Values.Select(m =>
        $"{m.Id}:{(m.IsUp ? "up" : "down")} leader {m.Node?.Status.Leader} applied {m.Node?.Status.AppliedIndex}/{m.Node?.Status.CommitIndex} {m.Node?.Status.Quarantine}"));

    private void AskLater() => World.After(World.Between(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(300)), () =>
    {
        if (!_asking)
            return;
        if (AnyMember() is { IsUp: true } member)
            member.Process!.Run(() => Ask(member.Node!));
        AskLater();
    });

    private void Ask(KvNode node)
    {
        var key = World.Chance.Below(Keys);
        switch (World.Chance.Below(20))
        {
            case < 8:
                Put(node, key);
                break;
            case < 15:
                Get(node, key);
                break;
            case 15:
                Delete(node, key);
                break;
            case 16:
                Compact(node);
                break;
            case 17:
                Grant(node);
                break;
            default:
                PutIfUnchanged(node, key);
                break;
        }
    }

    private void Put(KvNode node, int key)
    {
        var value = ++_nextValue;
        var request = Begin(isWrite: true, (_, reply) => History.OnWritten(key, reply.Revision, value));
        var lease = World.Chance.Chance(1, 10) && _nextLease > 0 ? new LeaseId(1 + World.Chance.Below((int)_nextLease)) : default;
        Propose(node, request, ClientCalls.Put(request, key, value, World.Chance.Chance(1, 5) ? World.Chance.Below(3000) : 0, lease));
    }

    private void PutIfUnchanged(KvNode node, int key)
    {
        using var view = node.OpenView();
        var modified = view.TryGet(ClientCalls.Key(key), Revision.Zero, out var meta) ? meta.Modified.Main : Revision.Zero;
        var value = ++_nextValue;
        var request = Begin(isWrite: false, (_, reply) =>
        {
            if (ClientCalls.Succeeded(reply.Body.Span))
                History.OnWritten(key, reply.Revision, value);
        });
        Propose(node, request, ClientCalls.PutIfUnchanged(request, key, modified, value));
    }

    private void Delete(KvNode node, int key)
    {
        var request = Begin(isWrite: false, (_, reply) =>
        {
            if (ClientCalls.DeletedCount(reply.Body.Span) > 0)
                History.OnDeleted(key, reply.Revision);
        });
        Propose(node, request, ClientCalls.Delete(request, key));
    }

    private void Compact(KvNode node)
    {
        if (History.Heard.Value < 20)
            return;
        var request = Begin(isWrite: false, static (_, _) => { });
        Propose(node, request, ClientCalls.Compact(request, new Revision(History.Heard.Value - World.Chance.Below(20))));
    }

    private void Grant(KvNode node)
    {
        var lease = new LeaseId(++_nextLease);
        var request = Begin(isWrite: false, static (_, _) => { });
        Propose(node, request, ClientCalls.LeaseGrant(request, lease, World.Chance.Between(2, 30)));
    }

    private void Get(KvNode node, int key)
    {
        var request = History.Begin(isWrite: false);
        // A linearizable read is a confirmation by a quorum and then a view of the member that was asked.
        _calls[request] = (member, _) =>
        {
            using var view = member.Node!.OpenView();
            if (History.OnAnswer(request, view.Current))
                Observe(view, key);
        };
        GiveUpLater(request);
        if (!node.TryRead(request))
            GiveUp(request);
    }

    private void Observe(Mvcc.MvccView view, int key)
    {
        if (!view.TryGet(ClientCalls.Key(key), Revision.Zero, out var meta))
        {
            History.OnSeen(key, view.Current, Revision.Zero, 0);
            return;
        }

        _scratch.Clear();
        view.CopyKeyValue(meta, _scratch);
        History.OnSeen(key, view.Current, meta.Modified.Main, ClientCalls.ValueOf(_scratch.WrittenSpan));
    }

    private RequestId Begin(bool isWrite, Action<NodeMember, Reply> onAnswer)
    {
        var request = History.Begin(isWrite);
        _calls[request] = (member, reply) =>
        {
            if (History.OnAnswer(request, reply.Revision))
                onAnswer(member, reply);
        };
        GiveUpLater(request);
        return request;
    }

    private void Propose(KvNode node, RequestId request, byte[] command)
    {
        if (!node.TryPropose(request, command))
            GiveUp(request);
    }

    private void GiveUpLater(RequestId request) => World.After(ClientPatience, () => GiveUp(request));

    private void GiveUp(RequestId request)
    {
        _calls.Remove(request);
        History.Forget(request);
    }

    private void BreakADisk()
    {
        var member = AnyMember();
        if (World.Chance.Chance(1, 4))
            member.CrashInStore(1 + World.Chance.Below(30));
        else
            member.Disk.FaultSoon(World.Chance);
    }

    private void Repeat(TimeSpan? every, Action act)
    {
        if (every is not { } mean)
            return;
        World.After(World.Between(mean / 10, mean * 2), () =>
        {
            if (_healed)
                return;
            act();
            Repeat(every, act);
        });
    }

    private NodeMember AnyMember() => _members[new MemberId((ulong)(1 + World.Chance.Below(_members.Count)))];

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
    };
}
