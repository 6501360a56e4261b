namespace KvStore.StateMachine;

/// <summary>The limits of the lessor, with unit and reason.</summary>
public sealed record LessorOptions
{
    /// <summary>
    /// Leases with a longer TTL than this have their remaining TTL recorded through the log once in this time, so that a chain
    /// of leader changes cannot keep them alive for ever. 5 minutes is etcd's interval: one entry per lease and interval.
    /// </summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>False: no checkpoints are proposed (those in the log are applied all the same).</summary>
    public bool Checkpoints { get; init; } = true;

    /// <summary>How long after a lease was named as expired it is named again if its revocation has not been applied. etcd's value.</summary>
    public TimeSpan RevokeRetry { get; init; } = TimeSpan.FromSeconds(3);
}
