namespace KvStore.Node;

/// <summary>Counts of the Consensus lane since start, for metrics (contract 4.4).</summary>
public readonly record struct NodeCounters
{
    /// <summary>Proposals given to raft: etcd_server_proposals_committed_total counts entries, this the calls.</summary>
    public long ProposalsAccepted { get; init; }

    /// <summary>Proposals refused or expired before raft took them.</summary>
    public long ProposalsFailed { get; init; }

    /// <summary>Proposals that wait for a leader now.</summary>
    public int ProposalsHeld { get; init; }

    public long LeaderChanges { get; init; }

    /// <summary>Linearizable reads confirmed.</summary>
    public long ReadsConfirmed { get; init; }

    /// <summary>Linearizable reads that ended with an error.</summary>
    public long ReadsFailed { get; init; }

    /// <summary>Linearizable reads that no quorum confirmed within the request timeout.</summary>
    public long ReadsTimedOut { get; init; }

    /// <summary>Ticks of a leader that came later than two of them should: its heartbeats went out late.</summary>
    public long HeartbeatsLate { get; init; }
}
