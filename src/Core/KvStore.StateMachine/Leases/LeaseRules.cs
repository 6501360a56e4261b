using KvStore.Primitives;

namespace KvStore.StateMachine;

/// <summary>What the proposer of a LeaseGrant decides, so that the state machine need not: the id and the TTL are in the command.</summary>
public static class LeaseRules
{
    /// <summary>etcd's bound: about 285 years.</summary>
    public const long TtlSecondsMax = 9_000_000_000;

    /// <summary>
    /// The least TTL a cluster grants: three halves of an election timeout in whole seconds, or a lease would not outlive a change
    /// of leader. 2 s with the default of ten ticks of 100 ms.
    /// </summary>
    public static long TtlSecondsMin(int electionTicks, TimeSpan tick)
    {
        Check.That(electionTicks > 0 && tick > TimeSpan.Zero, "an election takes time");
        var span = tick * (3 * electionTicks / 2);
        return (span.Ticks + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond;
    }

    /// <summary>
    /// The grant as it is proposed: the TTL raised to the least one, an id chosen where the client chose none. The number is
    /// random or counted by the caller; a collision is answered by the state machine as an existing lease.
    /// </summary>
    public static LeaseGrantFields Resolve(in LeaseGrantFields asked, long ttlSecondsMin, ulong number)
    {
        var id = asked.Lease;
        if (id.IsNone)
            id = new LeaseId(Math.Max((long)(number & long.MaxValue), 1));
        return new LeaseGrantFields(Math.Max(asked.TtlSeconds, ttlSecondsMin), id);
    }
}
