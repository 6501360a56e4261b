using KvStore.Primitives;
using KvStore.Simulation.World;

namespace KvStore.Simulation.Checks;

/// <summary>
/// No lease ends early (L1, L2, L5). A client that was granted or renewed a lease owns it for its time to live from the moment it
/// asked; nobody asks for a revoke in these runs, so every end is an expiry. Clocks may run wrong by what the plan says, and no more.
/// </summary>
public sealed class LeaseClocks(SimulatedWorld world)
{
    /// <summary>The fastest clock: 2 % per process; a rate is read as a share of a hundred.</summary>
    private const int FastestPercent = 2;

    private readonly Dictionary<LeaseId, Instant> _until = [];

    public long Judged { get; private set; }

    /// <summary>An answer said that the lease lives for so long; it was asked for at <paramref name="asked"/>, true time.</summary>
    public void OnRenewed(LeaseId lease, Instant asked, long ttlSeconds)
    {
        var until = asked + (TimeSpan.FromSeconds(ttlSeconds) * (100 - FastestPercent) / 100);
        if (!_until.TryGetValue(lease, out var before) || before < until)
            _until[lease] = until;
    }

    /// <summary>The end of a lease is applied somewhere.</summary>
    public void OnExpired(LeaseId lease)
    {
        if (!_until.TryGetValue(lease, out var until))
            return;
        Judged++;
        if (world.Now < until)
            world.Fail($"lease {lease} ended {(until - world.Now).TotalMilliseconds} ms before its time");
    }
}
