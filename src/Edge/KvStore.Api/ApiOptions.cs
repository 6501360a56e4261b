using KvStore.StateMachine;

namespace KvStore.Api;

/// <summary>The limits of the services, and what this server says of itself.</summary>
public sealed record ApiOptions
{
    /// <summary>
    /// What StatusResponse and /version say: the etcd API level. Clients parse it (Kubernetes asks for 3.5.13 or later before it
    /// requests progress), so it is purely numeric.
    /// </summary>
    public string EtcdVersion { get; init; } = "3.7.1";

    /// <summary>The level of the stored data, as etcd 3.6 and later name it.</summary>
    public string StorageVersion { get; init; } = "3.7.0";

    /// <summary>--max-request-bytes: the largest command.</summary>
    public int RequestBytesMax { get; init; } = 1_572_864;

    /// <summary>
    /// Bytes of one answer, wherever it is made: the state machine's own limit. etcd's is 2 GiB; one answer is one array here, and a
    /// client that wants more streams the range.
    /// </summary>
    public int ResponseBytesMax { get; init; } = ApplierOptions.ResponseBytesDefault;

    /// <summary>--max-txn-ops.</summary>
    public int TxnOpsMax { get; init; } = 128;

    /// <summary>--quota-backend-bytes as it was given: zero means etcd's 2 GiB, negative none.</summary>
    public long QuotaBytes { get; init; }

    /// <summary>--heartbeat-interval: the time between two ticks of the member.</summary>
    public TimeSpan TickInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>--election-timeout in ticks.</summary>
    public int ElectionTicks { get; init; } = 10;

    public TimeSpan ElectionTimeout => TickInterval * ElectionTicks;

    /// <summary>The server's own limit for a request: 5 s for the work and two elections (contract 2.1, ErrTimeout).</summary>
    public TimeSpan RequestTimeout => TimeSpan.FromSeconds(5) + (2 * ElectionTimeout);

    /// <summary>
    /// How long after <see cref="RequestTimeout"/> the table of waiting calls gives up by itself. The member, which knows why a
    /// request waits, ends it with a better text before.
    /// </summary>
    public TimeSpan TimeoutSlack { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How often waiting calls are looked through for expired ones: the precision of the time limit.</summary>
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Calls kept for reuse; about the number that wait at the same time on a busy member.</summary>
    public int PooledCallsMax { get; init; } = 4096;

    /// <summary>Responses that may wait for a watch client before no further requests of that client are read.</summary>
    public int WatchResponsesMax { get; init; } = 512;

    /// <summary>Bytes written to a watch stream before it is flushed, if more are waiting: one HTTP/2 turn.</summary>
    public int WatchFlushBytes { get; init; } = 64 * 1024;

    /// <summary>Time between two tries to hand a message to a lane that is full.</summary>
    public TimeSpan LaneRetryInterval { get; init; } = TimeSpan.FromMilliseconds(1);

    public required TimeProvider Time { get; init; }
}
