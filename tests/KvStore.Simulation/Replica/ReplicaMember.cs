using KvStore.Primitives;
using KvStore.Simulation.Checks;
using KvStore.Simulation.Disk;
using KvStore.Simulation.World;

namespace KvStore.Simulation.Replica;

/// <summary>A member over all its lives: its disk, what it has durably, and the process that runs now, if one does.</summary>
internal sealed class ReplicaMember
{
    private readonly ReplicaRun _run;
    private readonly DurableLog _durable;

    public ReplicaMember(ReplicaRun run, MemberId id, DurableLog durable)
    {
        _run = run;
        Id = id;
        _durable = durable;
        Disk = new SimulatedDisk(run.World.Chance.Fork());
    }

    public MemberId Id { get; }

    public SimulatedDisk Disk { get; }

    public SimulatedProcess? Process { get; private set; }

    public RaftReplica? Replica { get; private set; }

    public bool IsUp => Process is { IsAlive: true };

    public void Start()
    {
        if (IsUp)
            return;
        var process = new SimulatedProcess(_run.World, Id, OnEnded)
        {
            LaneDelay = name => _run.LaneDelay(name),
        };
        Process = process;
        _run.World.Note($"member {Id} starts");
        Replica = null;
        process.Run(() => Replica = new RaftReplica(process, Disk, _run, _durable));
    }

    /// <summary>Ends the process from outside and starts another one later.</summary>
    public void Crash()
    {
        if (!IsUp)
            return;
        Process!.End();
        OnEnded(Process, "killed");
    }

    public void StartLater(TimeSpan delay) => _run.World.After(delay, () =>
    {
        if (!IsUp)
            Start();
    });

    private void OnEnded(SimulatedProcess process, string why)
    {
        _run.OnEnded();
        _run.World.Sometimes("a process ended: " + (why.StartsWith("storage", StringComparison.Ordinal) ? "storage failed" : why));
        _run.World.Note($"member {Id} ended: {why}");
        Disk.Faults = static (_, _) => DiskFault.None;
        if (_run.World.Chance.Below(100) < _run.Plan.PowerLossPercent)
            Disk.LosePower((PowerLoss)_run.World.Chance.Below(4));
        else
            Disk.Kill();
        StartLater(_run.World.Between(TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(5)));
    }
}
