using KvStore.Mvcc;
using KvStore.Node.Watch;
using KvStore.Primitives;
using KvStore.StateMachine;
using KvStore.Wal;

namespace KvStore.Node;

/// <summary>Every limit of a member in one place, with its unit and reason. Times are etcd's defaults unless said otherwise.</summary>
public sealed record NodeOptions
{
    /// <summary>Directory of the member: its log and its store live below it.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>The member's name, published through the log once it serves.</summary>
    public string Name { get; init; } = "default";

    /// <summary>Where clients reach this member; published with the name.</summary>
    public IReadOnlyList<string> ClientUrls { get; init; } = [];

    /// <summary>What this server speaks (major.minor); the leader raises the cluster's version to it.</summary>
    public string ServerVersion { get; init; } = "3.7.0";

    /// <summary>Begin again as a cluster of this member alone, from its data: all others are removed (--force-new-cluster).</summary>
    public bool ForcesNewCluster { get; init; }

    // Time

    /// <summary>The time between two ticks: raft's heartbeat. Everything that is counted in ticks follows it.</summary>
    public TimeSpan TickInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Ticks without a leader before an election; the random part goes up to twice that, less one.</summary>
    public int ElectionTicks { get; init; } = 10;

    public bool PreVote { get; init; } = true;

    /// <summary>
    /// How long a proposal may wait for a leader, and a read for its confirmation: 5 s for the work and two elections (etcd's request
    /// timeout). Longer waits only pile up callers who have given up.
    /// </summary>
    public TimeSpan RequestTimeout => TimeSpan.FromSeconds(5) + (2 * ElectionTimeout);

    public TimeSpan ElectionTimeout => TickInterval * ElectionTicks;

    /// <summary>Time after which a read that could not be asked for (no leader) is asked for again.</summary>
    public TimeSpan ReadRetryInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a stopping leader waits for its successor. Two seconds is the whole stop (C17).</summary>
    public TimeSpan HandoverTimeout { get; init; } = TimeSpan.FromMilliseconds(1500);

    /// <summary>How long a requested transfer of leadership may take before its caller is told that it did not happen.</summary>
    public TimeSpan TransferTimeout => RequestTimeout;

    /// <summary>Time between two attempts to publish the member's name and client addresses.</summary>
    public TimeSpan PublishRetryInterval { get; init; } = TimeSpan.FromSeconds(1);

    // Admission

    /// <summary>Committed entries that may wait to be applied before proposals are refused with "too many requests" (etcd's number).</summary>
    public ulong CommitApplyGapMax { get; init; } = 5000;

    /// <summary>Largest command, in bytes (etcd's max-request-bytes). The API refuses larger ones before; here it guards the log.</summary>
    public int CommandBytesMax { get; init; } = 1_572_864;

    /// <summary>Proposals that may wait for a leader. A busy member's calls during an election; more are refused.</summary>
    public int HeldProposalsMax { get; init; } = 16_384;

    /// <summary>Bytes of proposals that may wait for a leader.</summary>
    public long HeldBytesMax { get; init; } = 64L << 20;

    /// <summary>Bytes proposed and not yet committed on a leader; more are refused. Bounds memory while no quorum answers.</summary>
    public long UncommittedBytesMax { get; init; } = 256L << 20;

    /// <summary>Linearizable reads that may wait on this member; more are refused.</summary>
    public int WaitingReadsMax { get; init; } = 1 << 17;

    /// <summary>
    /// Questions for a read index that this member has out at a time; reads that come meanwhile share the next one. Each costs a
    /// message to and from every member (from a follower two more), however many reads it serves; etcd asks one at a time, too.
    /// </summary>
    public int ReadQuestionsMax { get; init; } = 1;

    // Lanes: messages that may wait, and messages handed over at once

    /// <summary>Client calls, frames and events. More than the calls a member can hold open, so that a refusal is overload.</summary>
    public int ConsensusInboxMax { get; init; } = 65_536;

    /// <summary>One call of the lane handles at most so many, then writes and sends what came of them: latency against batching.</summary>
    public int ConsensusBatchMax { get; init; } = 1_024;

    /// <summary>Batches of entries on their way to the disk. One sync covers all that wait.</summary>
    public int LogInboxMax { get; init; } = 4_096;

    /// <summary>Batches of committed entries, lease calls and slices of background work.</summary>
    public int ApplyInboxMax { get; init; } = 16_384;

    /// <summary>Messages the Apply lane takes at once: they share one store write.</summary>
    public int ApplyBatchMax { get; init; } = 256;

    /// <summary>Calls on watchers, credits and commits; a commit that finds it full is read from history.</summary>
    public int WatchInboxMax { get; init; } = 65_536;

    public int WatchBatchMax { get; init; } = 1_024;

    /// <summary>Snapshot frames (bounded by their windows) and a handful of orders.</summary>
    public int BackgroundInboxMax { get; init; } = 1_024;

    // Log and store

    public WalOptions Wal { get; init; } = new();

    public MvccOptions Mvcc { get; init; } = new();

    public ApplierOptions Applier { get; init; } = new();

    /// <summary>The limits of the Watch lane; its generator is the member's.</summary>
    public WatchOptions Watch { get; init; } = new() { Prng = new Prng(0) };

    /// <summary>Entries kept in memory behind the applied one, so that a follower that was away for a moment needs no snapshot (etcd's number).</summary>
    public ulong CatchUpEntries { get; init; } = 5_000;

    /// <summary>Bytes of such entries at most: 5,000 entries of 1.5 MiB would be more than the machine.</summary>
    public long CatchUpBytesMax { get; init; } = 64L << 20;

    /// <summary>Entries applied beyond <see cref="CatchUpEntries"/> before the log in memory is cut again.</summary>
    public ulong CompactLogEvery { get; init; } = 1_000;

    /// <summary>Time between two flushes of the store. A restart replays what came after the last one.</summary>
    public TimeSpan FlushInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Entries applied since the last flush that cause the next one earlier: about a second of replay.</summary>
    public ulong FlushAfterEntries { get; init; } = 100_000;

    /// <summary>
    /// Bytes of such entries that do the same: a restart reads them all into memory, and 100,000 puts of 10 KB would be a gigabyte of it.
    /// Twice what the store buffers before it flushes by itself, so that ordinary loads flush no more often.
    /// </summary>
    public long FlushAfterBytes { get; init; } = 128L << 20;

    /// <summary>Versions one step of the compaction sweep removes between two batches of entries: about a millisecond, so that no put waits longer for it.</summary>
    public int SweepVersionsMax { get; init; } = 256;

    /// <summary>Revisions one step of a key space hash covers, so that snapshots and flushes are not held up.</summary>
    public int HashRevisionsMax { get; init; } = 4_096;

    /// <summary>How long the store that a snapshot replaced stays open for calls that were about to read it.</summary>
    public TimeSpan OldStoreGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Bytes of entries in one store batch: one write, one published view. Bounds the pause for readers of the lane's messages.</summary>
    public long ApplyBatchBytesMax { get; init; } = 8L << 20;

    // Leases

    /// <summary>Time between two looks for expired leases (etcd's number).</summary>
    public TimeSpan LeaseExpiryInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Revokes proposed at once; more follow when these are applied. Many leases that expire together must not crowd out the calls of clients (L10).</summary>
    public int RevokesAtOnceMax { get; init; } = 1_000;

    /// <summary>Leases in one such record (etcd's number).</summary>
    public int LeaseCheckpointsMax { get; init; } = 1_000;

    // Membership

    /// <summary>Refuse changes of the membership that would leave too few started members (etcd's strict-reconfig-check).</summary>
    public bool StrictReconfigCheck { get; init; } = true;

    public int LearnersMax { get; init; } = 1;

    /// <summary>Changes that wait for an earlier one to be applied; more are refused ("too many requests"). Many times what anybody asks for at once.</summary>
    public int MembershipChangesMax { get; init; } = 64;

    /// <summary>How far a learner's log must have come for its promotion, in percent of the leader's (etcd's readyPercentThreshold).</summary>
    public int PromotePercent { get; init; } = 90;

    /// <summary>
    /// Entries that a learner which is promoted without being asked for may lack at most, beside <see cref="PromotePercent"/>: it should
    /// have a quorum's pace at once. A tenth of a second of small writes at 10,000 a second.
    /// </summary>
    public ulong AutoPromoteLagEntriesMax { get; init; } = 1_000;

    // Snapshots

    /// <summary>Snapshots sent at the same time; each holds a copy of the store's files.</summary>
    public int SnapshotSendsMax { get; init; } = 4;

    /// <summary>Copies of the store that callers of the Snapshot rpc read at the same time; each holds files that are no longer needed otherwise.</summary>
    public int StoreCopiesMax { get; init; } = 4;

    /// <summary>Bytes of one chunk. Large enough to hide the acknowledgement, small enough to be dropped and sent again.</summary>
    public int SnapshotChunkBytes { get; init; } = 512 * 1024;

    /// <summary>Chunks on their way to one member, unacknowledged: 4 MiB covers 100 ms at 40 MB/s without flooding a slow disk.</summary>
    public int SnapshotWindowChunks { get; init; } = 8;

    /// <summary>Time without an acknowledgement after which the window is sent again.</summary>
    public TimeSpan SnapshotResendInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Time after a snapshot that failed until the same member is sent another: a full disk is not asked with every heartbeat.</summary>
    public TimeSpan SnapshotRetryInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Time without progress after which a snapshot is given up, on both sides.</summary>
    public TimeSpan SnapshotStallTimeout { get; init; } = TimeSpan.FromSeconds(20);

    internal WatchOptions WatchWith(Prng prng) => Watch with { Prng = prng };

    public string MemberDirectory => DataDirectory + "/member";

    /// <summary>Directory of the log; given when it is to lie on a disk of its own.</summary>
    public string WalDirectory
    {
        get => field ?? MemberDirectory + "/wal";
        init;
    }

    public string StoreDirectory => MemberDirectory + "/snap";

    internal void Validate()
    {
        Check.That(DataDirectory.Length > 0, "a member has a directory");
        Check.That(TickInterval > TimeSpan.Zero && ElectionTicks > 1, "time goes on, and an election takes longer than a heartbeat");
        Check.That(CommandBytesMax > 0 && HeldProposalsMax > 0 && WaitingReadsMax > 0 && ReadQuestionsMax > 0, "limits of admission are positive");
        Check.That(SnapshotChunkBytes > 0 && SnapshotWindowChunks > 0 && SnapshotSendsMax > 0 && StoreCopiesMax > 0, "limits of snapshots are positive");
        Check.That(SweepVersionsMax > 0 && HashRevisionsMax > 0 && RevokesAtOnceMax > 0, "slices of work are not empty");
    }
}
