using KvStore.Primitives;

namespace KvStore.Simulation.Cluster;

/// <summary>Faults that only whole members have, drawn like those of <see cref="World.FaultPlan"/>: each present or absent on its own.</summary>
internal sealed record NodeFaults
{
    /// <summary>Mean time between two events of a class; null: the class is absent.</summary>
    public TimeSpan? MembershipEvery { get; private init; }

    public TimeSpan? DiskFullEvery { get; private init; }

    /// <summary>Of a hundred ends of a process, those in which a bit of a sealed segment of the log turns.</summary>
    public int BitRotPercent { get; private init; }

    /// <summary>A lane that takes up to <see cref="SlowLaneDelay"/> for a batch.</summary>
    public string? SlowLane { get; private init; }

    public TimeSpan SlowLaneDelay { get; private init; }

    /// <summary>Messages a lane takes at most; null: as many as in production.</summary>
    public int? LaneCapacityMax { get; private init; }

    public static NodeFaults Of(Prng chance)
    {
        string[] lanes = ["consensus", "apply", "watch", "background"];
        return new NodeFaults
        {
            MembershipEvery = Sometimes(chance, 4),
            DiskFullEvery = Sometimes(chance, 15),
            BitRotPercent = chance.Chance(1, 3) ? chance.Below(60) : 0,
            SlowLane = chance.Chance(1, 3) ? lanes[chance.Below(lanes.Length)] : null,
            SlowLaneDelay = TimeSpan.FromMilliseconds(chance.Between(1, 60)),
            LaneCapacityMax = chance.Chance(1, 4) ? 4 + chance.Below(60) : null,
        };
    }

    private static TimeSpan? Sometimes(Prng chance, int seconds) =>
        chance.Chance(1, 2) ? TimeSpan.FromMilliseconds(chance.Between(seconds * 250, seconds * 2000)) : null;
}
