using KvStore.Node;
using KvStore.Node.Bootstrap;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Simulation.Disk;
using KvStore.Simulation.Store;
using KvStore.Simulation.World;
using KvStore.StateMachine;

namespace KvStore.Simulation.Cluster;

/// <summary>A whole member over all its lives: its disk, its stores, and the node that runs now, if one does.</summary>
internal sealed class NodeMember : IReplies<Reply>
{
    private readonly NodeRun _run;
    private readonly SimulatedStoreProvider _stores;
    private readonly BootstrapPlan _plan;
    private long _storeCallsLeft = long.MaxValue;

    public NodeMember(NodeRun run, BootstrapPlan plan)
    {
        _run = run;
        _plan = plan;
        Id = plan.Self;
        Disk = new SimulatedDisk(run.World.Chance.Fork());
        Disk.CreateDirectory(run.Options.DataDirectory);
        Disk.SyncDirectory("/");
        _stores = new SimulatedStoreProvider(run.World.Chance.Fork(), new SimulatedStoreOptions { BeforeCall = BeforeStoreCall });
    }

    public MemberId Id { get; }

    public SimulatedDisk Disk { get; }

    public SimulatedProcess? Process { get; private set; }

    public KvNode? Node { get; private set; }

    /// <summary>The latest revision a serializable read of this process has shown.</summary>
    public Revision Shown { get; set; }

    public bool IsUp => Process is { IsAlive: true } && Node is not null;

    public void Start()
    {
        if (Process is { IsAlive: true })
            return;
        Node = null;
        var process = new SimulatedProcess(_run.World, Id, OnEnded) { LaneDelay = _run.LaneDelay, LaneCapacity = _run.LaneCapacity };
        Process = process;
        _run.World.Note($"member {Id} starts");
        process.Run(() =>
        {
            var node = KvNode.Start(DoorsOf(process), _run.Options, _plan);
            Node = node;
            Shown = Revision.Zero;
            using (var view = node.OpenView())
                _run.Events.OnPublished(view);
            _run.Network.Connect(process, new Inbox(node));
            TickLater(process, node);
        });
    }

    /// <summary>Ends the process from outside; another one starts later.</summary>
    public void Kill()
    {
        if (Process is not { IsAlive: true } process)
            return;
        process.End();
        OnEnded(process, "killed");
    }

    /// <summary>The process ends at the nth call of its store from now.</summary>
    public void CrashInStore(int nth) => _storeCallsLeft = nth;

    public void Heal()
    {
        Disk.Faults = static (_, _) => DiskFault.None;
        _storeCallsLeft = long.MaxValue;
    }

    public void Complete(RequestId request, in Reply reply) => _run.OnReply(this, request, reply);

    public void OnApplied(LogIndex index)
    {
        if (Node is not { } node)
            return;
        using var view = node.OpenView();
        _run.States.OnApplied(Id, index, view);
        _run.Events.OnPublished(view);
    }

    private NodeDoors DoorsOf(SimulatedProcess process) => new()
    {
        Files = Disk,
        Stores = _stores,
        Network = _run.Network.LinkOf(process),
        Lanes = new SimulatedLanes(process),
        Replies = this,
        Trace = new NodeTrace(this, _run),
        Seed = _run.World.Chance.NextUInt64(),
    };

    private void TickLater(SimulatedProcess process, KvNode node) => process.After(_run.Options.TickInterval, () =>
    {
        node.Tick(process.Now);
        TickLater(process, node);
    });

    private void BeforeStoreCall(StoreCall call)
    {
        if (--_storeCallsLeft == 0)
            throw new SimulatedCrashException();
    }

    private void OnEnded(SimulatedProcess process, string why)
    {
        _run.OnEnded(Id, why);
        Heal();
        _stores.Crash();
        if (_run.World.Chance.Below(100) < _run.Plan.PowerLossPercent)
            Disk.LosePower((PowerLoss)_run.World.Chance.Below(4));
        else
            Disk.Kill();
        _run.World.After(_run.World.Between(TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(5)), Start);
    }

    private sealed class Inbox(KvNode node) : IPeerInbox
    {
        public bool TryReceive(MemberId from, PeerChannel channel, ReadOnlyMemory<byte> frame) => node.TryReceive(from, channel, frame);

        public void OnUnreachable(MemberId member) => node.OnUnreachable(member);
    }
}
