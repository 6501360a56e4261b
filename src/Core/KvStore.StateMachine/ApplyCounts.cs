using KvStore.Mvcc;

namespace KvStore.StateMachine;

/// <summary>What has been applied since the store was opened; for metrics.</summary>
/// <param name="Writes">To the key space.</param>
/// <param name="LeasesGranted">Leases made.</param>
/// <param name="LeasesRevoked">Leases ended, by a client or by their time.</param>
public readonly record struct ApplyCounts(WriteCounts Writes, long LeasesGranted, long LeasesRevoked);
