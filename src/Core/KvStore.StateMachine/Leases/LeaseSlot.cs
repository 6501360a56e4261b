using KvStore.Primitives;

namespace KvStore.StateMachine;

/// <summary>
/// One lease. The first fields are replicated; the others are the primary's clock and mean nothing on another member.
/// A struct in a slab: a million leases are a few arrays to the garbage collector, not a million objects.
/// </summary>
internal struct LeaseSlot
{
    public LeaseId Id;
    public long TtlSeconds;

    /// <summary>From the last checkpoint; zero when the whole TTL counts.</summary>
    public long CheckpointedSeconds;

    public AttachedKeys? Keys;

    /// <summary>When the lease expires; <see cref="long.MaxValue"/> on a member that is not primary.</summary>
    public long ExpiryTicks;

    /// <summary>The time under which this lease stands in the expiry queue; an item with another time is stale.</summary>
    public long QueuedTicks;

    /// <summary>The same in the checkpoint queue; zero when it is not in it.</summary>
    public long CheckpointTicks;

    /// <summary>A checkpoint was named and has not been applied yet.</summary>
    public bool CheckpointProposed;
}
