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
    private bool _isRotten;
    private bool _isDiskFull;
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

    /// <summary>It was removed from the cluster and is switched off for good.</summary>
    public bool IsRetired { get; private set; }

    public bool IsUp => Process is { IsAlive: true } && Node is not null;

    public void Start()
    {
        if (IsRetired || Process is { IsAlive: true })
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

    public void Retire()
    {
        IsRetired = true;
        Process?.End();
        _stores.Crash();
        Disk.Kill();
    }

    /// <summary>The process ends at the nth call of its store from now.</summary>
    public void CrashInStore(int nth) => _storeCallsLeft = nth;

    public void Heal()
    {
        Disk.Faults = static (_, _) => DiskFault.None;
        Disk.CapacityBytes = long.MaxValue;
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
        _run.OnApplied(this, index);
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
        if (!_isDiskFull || _run.IsHealed)
            Heal();
        _stores.Crash();
        if (_run.World.Chance.Below(100) < _run.Plan.PowerLossPercent)
        {
            _run.World.Sometimes("fault: power lost");
            Disk.LosePower((PowerLoss)_run.World.Chance.Below(4));
        }
        else
        {
            Disk.Kill();
        }

        if (_isRotten && Node is null)
            MendBits();
        if (!_run.IsHealed && _run.World.Chance.Below(100) < _run.Faults.BitRotPercent)
            RotBit();
        _run.World.After(_run.World.Between(TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(5)), Start);
    }

    /// <summary>There is room for a few more bytes, until some time later.</summary>
    public void FillDisk(TimeSpan until)
    {
        _run.World.Sometimes("fault: disk full");
        _isDiskFull = true;
        Disk.CapacityBytes = Disk.UsedBytes + _run.World.Chance.Below(20_000);
        _run.World.After(until, () =>
        {
            _isDiskFull = false;
            Disk.CapacityBytes = long.MaxValue;
        });
    }

    /// <summary>
    /// One bit of a sealed segment turns. The log must refuse to open or not need that bit; after a refusal the operator's
    /// copy brings it back, so that no majority is lost for good. The last segment is left alone: damage in its last record
    /// cannot be told from a torn write.
    /// </summary>
    private void RotBit()
    {
        var segments = Disk.List(_run.Options.WalDirectory).Where(static name => name.EndsWith(".wal", StringComparison.Ordinal)).ToList();
        if (segments.Count < 2)
            return;
        var path = _run.Options.WalDirectory + "/" + segments[_run.World.Chance.Below(segments.Count - 1)];
        var length = Disk.ReadAll(path).Length;
        if (length == 0)
            return;
        _isRotten = true;
        var offset = _run.World.Chance.Below(length);
        Disk.Rot(path, offset, _run.World.Chance.Below(8));
        _run.World.Sometimes("fault: bit rot");
        _run.World.Note($"member {Id}: bit rot in {path} at {offset}");
    }

    private void MendBits()
    {
        _run.World.Sometimes("bit rot was refused");
        Disk.MendRot();
        _isRotten = false;
    }

    private sealed class Inbox(KvNode node) : IPeerInbox
    {
        public bool TryReceive(MemberId from, PeerChannel channel, ReadOnlyMemory<byte> frame) => node.TryReceive(from, channel, frame);

        public void OnUnreachable(MemberId member) => node.OnUnreachable(member);
    }
}
