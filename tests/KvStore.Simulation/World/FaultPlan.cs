using KvStore.Primitives;

namespace KvStore.Simulation.World;

/// <summary>
/// Which faults a run has and how often: drawn from the seed, each class present or absent on its own (swarm testing), so that
/// rare combinations are met and no fault always hides another.
/// </summary>
public sealed record FaultPlan
{
    /// <summary>Time a sync of a sound disk takes at most.</summary>
    public static readonly TimeSpan UsualSync = TimeSpan.FromMilliseconds(2);

    public int Members { get; private init; }

    public NetworkFaults Network { get; private init; } = NetworkFaults.None;

    /// <summary>Mean time between two events of a class; null: the class is absent.</summary>
    public TimeSpan? CrashEvery { get; private init; }

    public TimeSpan? DiskFaultEvery { get; private init; }

    public TimeSpan? CutEvery { get; private init; }

    public TimeSpan? PauseEvery { get; private init; }

    public TimeSpan? TransferEvery { get; private init; }

    /// <summary>Loss of power instead of an end of the process, in crashes of a hundred.</summary>
    public int PowerLossPercent { get; private init; }

    public TimeSpan SlowSync { get; private init; }

    public static FaultPlan Of(Prng chance)
    {
        var busy = chance.Chance(1, 2);
        return new FaultPlan
        {
            Members = chance.Below(10) switch { 0 => 1, < 7 => 3, _ => 5 },
            Network = new NetworkFaults
            {
                DroppedPerMille = Some(chance, 200),
                DuplicatedPerMille = Some(chance, 100),
                CorruptedPerMille = Some(chance, 50),
                ReorderedPerMille = Some(chance, 300),
                LatePerMille = Some(chance, 50),
            },
            CrashEvery = Sometimes(chance, busy ? 3 : 15),
            DiskFaultEvery = Sometimes(chance, busy ? 3 : 15),
            CutEvery = Sometimes(chance, busy ? 3 : 15),
            PauseEvery = Sometimes(chance, 10),
            TransferEvery = Sometimes(chance, 5),
            PowerLossPercent = chance.Below(101),
            SlowSync = chance.Chance(1, 3) ? TimeSpan.FromMilliseconds(chance.Below(400)) : UsualSync,
        };
    }

    private static int Some(Prng chance, int max) => chance.Chance(1, 2) ? chance.Below(max) : 0;

    private static TimeSpan? Sometimes(Prng chance, int seconds) =>
        chance.Chance(2, 3) ? TimeSpan.FromMilliseconds(chance.Between(seconds * 100, seconds * 2000)) : null;
}
