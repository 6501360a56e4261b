using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Simulation.Disk;

namespace KvStore.Simulation.World;

/// <summary>
/// One life of a member's process: its clock, its pauses, its end. What was scheduled for a process that has ended does not
/// happen. A storage failure or a simulated crash ends the process, as in production; a broken invariant fails the run.
/// </summary>
public sealed class SimulatedProcess
{
    private readonly Action<SimulatedProcess, string> _onEnded;
    private readonly double _clockRate;
    private readonly long _clockStart;
    private Instant _pausedUntil;

    /// <param name="world">The world it lives in.</param>
    /// <param name="member">Whose process it is.</param>
    /// <param name="onEnded">Told once why it ended by itself.</param>
    public SimulatedProcess(SimulatedWorld world, MemberId member, Action<SimulatedProcess, string> onEnded)
    {
        World = world;
        Member = member;
        _onEnded = onEnded;
        // Clocks of members are not comparable: each starts anywhere and runs up to 2 % wrong (D9, R18).
        _clockRate = 1 + ((world.Chance.Below(40) - 20) / 1000.0);
        _clockStart = world.Chance.Between(0, TimeSpan.TicksPerDay);
    }

    public SimulatedWorld World { get; }

    public MemberId Member { get; }

    public bool IsAlive { get; private set; } = true;

    public Instant Now => new(_clockStart + (long)(World.Now.Ticks * _clockRate));

    /// <summary>Time a lane needs for its next batch, by the lane's name.</summary>
    public Func<string, TimeSpan> LaneDelay { get; set; } = static _ => TimeSpan.FromMicroseconds(50);

    /// <summary>Messages a lane takes at most, by its name and the capacity it was made with; small ones make refusals common.</summary>
    public Func<string, int, int> LaneCapacity { get; set; } = static (_, capacity) => capacity;

    /// <summary>Nothing of this process happens before (SIGSTOP, a stalled machine).</summary>
    public void Pause(TimeSpan span) => _pausedUntil = World.Now + span;

    public void End() => IsAlive = false;

    public void After(TimeSpan delay, Action act) => World.After(delay, () => Run(act));

    /// <summary>Does something as this process, now.</summary>
    public void Run(Action act)
    {
        if (!IsAlive)
            return;
        if (_pausedUntil > World.Now)
        {
            World.After(_pausedUntil - World.Now, () => Run(act));
            return;
        }

        try
        {
            act();
        }
        catch (SimulatedCrashException)
        {
            EndBecause("crashed in a call of the disk");
        }
        catch (StorageException failure)
        {
            EndBecause($"storage failed: {failure.Failure} {failure.Message}");
        }
        catch (Exception defect)
        {
            IsAlive = false;
            World.Fail($"member {Member}: {defect}");
        }
    }

    private void EndBecause(string why)
    {
        if (!IsAlive)
            return;
        IsAlive = false;
        _onEnded(this, why);
    }
}
