using KvStore.Primitives;

namespace KvStore.StateMachine;

/// <summary>A checkpoint for the primary to propose.</summary>
public readonly record struct LeaseCheckpointDue(LeaseId Lease, long RemainingTtlSeconds);
