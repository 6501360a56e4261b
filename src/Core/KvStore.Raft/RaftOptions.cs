using KvStore.Primitives;

namespace KvStore.Raft;

/// <summary>Every limit of the consensus core, with its unit and reason. Time is counted in ticks; the caller chooses how long one is.</summary>
public sealed record RaftOptions
{
    /// <summary>This member.</summary>
    public required MemberId Self { get; init; }

    /// <summary>
    /// Ticks without a leader before a member may campaign; the chosen timeout lies in [Min, Max]. Also how long a leader may go
    /// without hearing from a quorum, how long a follower protects its leader against candidates, and how long a transfer may take.
    /// Ten heartbeats, so that a few lost ones do not start an election.
    /// </summary>
    public int ElectionTicksMin { get; init; } = 10;

    /// <summary>Inclusive. Nearly twice the minimum, so that members seldom campaign at the same tick.</summary>
    public int ElectionTicksMax { get; init; } = 19;

    /// <summary>Ticks between two heartbeats of a leader.</summary>
    public int HeartbeatTicks { get; init; } = 1;

    /// <summary>Ask before raising the term, so that a member that was cut off does not depose a healthy leader (thesis §9.6).</summary>
    public bool PreVote { get; init; } = true;

    /// <summary>A leader without a quorum steps down, and followers of a live leader grant no votes (thesis §6.2, §6.4).</summary>
    public bool CheckQuorum { get; init; } = true;

    /// <summary>Append messages on their way to one peer. Hides the round trip; more only fills the peer's inbox.</summary>
    public int InflightMessagesMax { get; init; } = 512;

    /// <summary>Bytes of entries on their way to one peer. One slow peer must not fill this member's memory with frames.</summary>
    public long InflightBytesMax { get; init; } = 64L << 20;

    /// <summary>Bytes of entries in one append message (one larger entry still travels, alone). Large messages delay heartbeats behind them.</summary>
    public long AppendBytesMax { get; init; } = 1L << 20;

    /// <summary>Bytes of entries proposed but not committed on a leader; more are refused. Bounds memory while no quorum answers.</summary>
    public long UncommittedBytesMax { get; init; } = 256L << 20;

    /// <summary>Bytes of entries handed out to be applied and not yet reported as applied. Bounds one batch of the state machine.</summary>
    public long ApplyBatchBytesMax { get; init; } = 8L << 20;

    /// <summary>Reads that wait for a leader's confirmation on this member; more are refused. A guess: ten times the calls of a busy member.</summary>
    public int PendingReadsMax { get; init; } = 1 << 17;

    /// <summary>Confirmation rounds in flight. Reads beyond it join the next round, which costs nothing but a part of a round trip.</summary>
    public int ReadRoundsMax { get; init; } = 64;

    /// <summary>Ticks after which a follower asks the leader again for a read index it got no answer to (a frame may be lost).</summary>
    public int ReadRetryTicks { get; init; } = 5;

    internal void Validate()
    {
        Check.That(!Self.IsNone, "a member has an id");
        Check.That(HeartbeatTicks > 0 && ElectionTicksMin > HeartbeatTicks, "the election timeout is longer than a heartbeat");
        Check.That(ElectionTicksMax >= ElectionTicksMin, "the bounds of the election timeout are in order");
        Check.That(InflightMessagesMax > 0 && InflightBytesMax > 0 && AppendBytesMax > 0, "the limits of replication are positive");
        Check.That(UncommittedBytesMax > 0 && ApplyBatchBytesMax > 0, "the limits in bytes are positive");
        Check.That(PendingReadsMax > 0 && ReadRoundsMax > 0 && ReadRetryTicks > 0, "the limits of reads are positive");
    }
}
