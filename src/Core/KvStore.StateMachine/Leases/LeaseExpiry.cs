using KvStore.Primitives;

namespace KvStore.StateMachine;

/// <summary>What the primary knows of a lease's time. <see cref="Remaining"/> is negative once it has expired.</summary>
public readonly record struct LeaseExpiry(LeaseId Lease, long GrantedTtlSeconds, TimeSpan Remaining);
