using KvStore.Primitives;
using KvStore.Raft;
using KvStore.Simulation.Checks;
using KvStore.Simulation.Disk;
using KvStore.Simulation.World;

namespace KvStore.Simulation.Replica;

/// <summary>
/// One run: members, clients and faults by a seed. First the safety phase, in which anything may fail; then everything heals and
/// the liveness phase asks that the cluster elects, answers and converges.
/// </summary>
public sealed class ReplicaRun
{
    internal static readonly ClusterId Cluster = new(0xC1);

    private static readonly TimeSpan SafetyPhase = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LivenessLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ClientPatience = TimeSpan.FromSeconds(3);
    private const int Clients = 4;

    private readonly SortedDictionary<MemberId, ReplicaMember> _members = [];
    private bool _healed;
    private bool _asking = true;
    private ulong _nextValue;
    private int _crashes;

    private ReplicaRun(ulong seed, TextWriter? lines)
    {
        World = new SimulatedWorld(seed, lines);
        Plan = FaultPlan.Of(World.Chance);
        Options = DrawOptions(World.Chance);
        Network = new SimulatedNetwork(World) { Faults = Plan.Network };
        History = new ClientHistory(World);
        
        var logs = new SortedDictionary<MemberId, DurableLog>();
        for (var i = 1; i <= Plan.Members; i++)
        {
            var id = new MemberId((ulong)i);
            logs[id] = new DurableLog();
            _members[id] = new ReplicaMember(this, id, logs[id]);
        }

        Membership = Membership.OfVoters(_members.Keys);
        Checks = new SafetyChecks(World, logs);
        World.Note($"plan {Plan} options {Options}");
    }

    public SimulatedWorld World { get; }

    public FaultPlan Plan { get; }

    public SimulatedNetwork Network { get; }

    public SafetyChecks Checks { get; }

    public ClientHistory History { get; }

    internal ReplicaOptions Options { get; }

    internal FrameTable Frames { get; } = new();

    internal Membership Membership { get; }

    public static RunResult Run(ulong seed, TextWriter? lines = null)
    {
        var run = new ReplicaRun(seed, lines);
        run.SafetyPhaseOf();
        run.LivenessPhaseOf();
        return run.Result();
    }

    internal void OnEnded() => _crashes++;

    internal TimeSpan LaneDelay(string lane)
    {
        if (lane != "log")
            return World.Between(TimeSpan.FromMicroseconds(1), TimeSpan.FromMicroseconds(200));
        return World.Between(TimeSpan.FromMicroseconds(50), _healed ? TimeSpan.FromMilliseconds(2) : Plan.SlowSync + TimeSpan.FromMilliseconds(1));
    }

    private void SafetyPhaseOf()
    {
        foreach (var member in _members.Values)
            member.Start();
        for (var i = 0; i < Clients; i++)
            AskLater();
        Repeat(Plan.CrashEvery, () => AnyMember().Crash());
        Repeat(Plan.DiskFaultEvery, () => AnyMember().Disk.FaultSoon(World.Chance));
        Repeat(Plan.CutEvery, () => Network.CutSome(_members.Keys, World.Chance));
        Repeat(Plan.PauseEvery, () => AnyMember().Process?.Pause(World.Between(TimeSpan.Zero, TimeSpan.FromSeconds(6))));
        Repeat(Plan.TransferEvery, () => AnyMember().Replica?.TryPost(new ReplicaMessage.Transfer(AnyMember().Id)));
        World.RunUntil(new Instant(SafetyPhase.Ticks));
    }

    private void LivenessPhaseOf()
    {
        _healed = true;
        World.Note("everything heals");
        Network.Faults = NetworkFaults.None;
        Network.Heal();
        foreach (var member in _members.Values)
            member.Disk.Faults = static (_, _) => DiskFault.None;
        if (World.Failure is not null)
            return;
        if (!World.RunUntil(() => _members.Values.All(m => m.IsUp && m.Replica is not null), LivenessLimit))
            World.Fail("not every member starts again");
        var before = History.Answered;
        if (World.Failure is null && !World.RunUntil(() => History.Answered > before + 20, LivenessLimit))
            World.Fail($"the healed cluster does not answer: {Where()}");
        _asking = false;
        if (World.Failure is null && !World.RunUntil(Converged, LivenessLimit))
            World.Fail($"the healed cluster does not converge: {Where()}");
    }

    private bool Converged() => History.Waiting == 0 && _members.Values.Select(m => m.Replica!.Applied).Distinct().Count() == 1;

    private string Where() => string.Join(' ', _members.Values.Select(m => $"{m.Id}:up={m.IsUp} applied={m.Replica?.Applied} leader={m.Replica?.Leader} {m.Replica?.Quarantine}"));

    private void AskLater() => World.After(World.Between(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(200)), Ask);

    private void Ask()
    {
        if (!_asking)
            return;
        var key = World.Chance.Below(RegisterState.KeysMax);
        var replica = AnyMember() is { IsUp: true } member ? member.Replica : null;
        if (replica is not null)
        {
            var isPut = World.Chance.Chance(1, 2);
            var value = isPut ? ++_nextValue : 0;
            var request = isPut ? History.BeginPut(key, value) : History.BeginGet(key);
            if (!replica.TryPost(isPut ? new ReplicaMessage.Put(request, key, value, World.Chance.Chance(1, 4) ? World.Chance.Below(3000) : 0) : new ReplicaMessage.Get(request, key)))
                History.OnRefused(request);
            World.After(ClientPatience, () => History.Forget(request));
        }

        AskLater();
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

    private ReplicaMember AnyMember() => _members[new MemberId((ulong)(1 + World.Chance.Below(_members.Count)))];

    private static ReplicaOptions DrawOptions(Prng chance) => new()
    {
        SegmentBytes = 4096L << chance.Below(4),
        SnapshotEvery = (ulong)chance.Between(10, 300),
        KeptEntries = (ulong)chance.Below(30),
        InboxMax = chance.Chance(1, 4) ? 8 : 1000,
        BatchMax = chance.Chance(1, 4) ? 1 : 64,
        InflightMax = chance.Chance(1, 4) ? 1 : 16,
        AppendBytesMax = chance.Chance(1, 4) ? 64 : 4096,
    };

    private RunResult Result() => new(
        World.Seed, World.Failure, World.Transcript.Hash, World.Transcript.Events, Checks.Terms, Checks.Committed, History.Asked, History.Answered, _crashes, World.Reached);
}
