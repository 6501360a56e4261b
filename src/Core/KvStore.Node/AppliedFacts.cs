using KvStore.StateMachine;

namespace KvStore.Node;

/// <summary>What other threads may know of the applied state beside the key space: as of the last commit, replaced as a whole.</summary>
/// <param name="Alarms">The alarms that are on.</param>
/// <param name="LiveBytes">Bytes of the pairs that exist now.</param>
/// <param name="RetainedBytes">Bytes of all stored pairs, superseded ones that wait for compaction included: what counts against the quota.</param>
public sealed record AppliedFacts(IReadOnlyList<Alarm> Alarms, long LiveBytes, long RetainedBytes)
{
    /// <summary>What was applied since the store was opened; for metrics.</summary>
    public ApplyCounts Counts { get; init; }
}
