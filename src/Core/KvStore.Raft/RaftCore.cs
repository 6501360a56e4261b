using KvStore.Primitives;

namespace KvStore.Raft;

/// <summary>Decides what the log contains and when an entry is committed. One instance per member; one caller at a time.</summary>
public sealed class RaftCore
{
    public RaftCore(RaftOptions options, RaftState restored, Prng prng)
    {
        options.Validate();
        Membership = restored.Membership;
    }

    public RaftRole Role { get; }

    public Term Term { get; }

    public MemberId Leader { get; }

    public LogIndex CommitIndex { get; }

    public LogIndex AppliedIndex { get; }

    public LogIndex LastIndex { get; }

    public LogIndex FirstIndex { get; }

    /// <summary>Bytes of entries held in memory; <see cref="CompactLog"/> frees them.</summary>
    public long LogBytes { get; }

    public long UncommittedBytes { get; }

    public Membership Membership { get; }

    public bool IsTransferring { get; }

    /// <summary>Why this member takes no part any more, or null. Its log contradicts what it once acknowledged (R10).</summary>
    public string? Quarantine { get; }

    public void Tick() => NotBuilt();

    public void Step(in PeerMessage message) => NotBuilt();

    public ProposeResult Propose(ReadOnlyMemory<byte> command, bool leaderOnly = false) => throw NotBuilt();

    public ProposeResult ProposeMembership(MembershipChange change, ReadOnlyMemory<byte> data) => throw NotBuilt();

    /// <summary>A committed entry of kind Membership is being applied. Returns the membership from now on.</summary>
    public Membership ApplyMembership(MembershipChange change) => throw NotBuilt();

    /// <summary>Asks for a read index. False: no leader known, or too many reads wait.</summary>
    public bool RequestRead(ulong context) => throw NotBuilt();

    /// <summary>False: refused (not leading and no leader known, or the target cannot lead).</summary>
    public bool TransferLeadership(MemberId to) => throw NotBuilt();

    public void Campaign() => NotBuilt();

    public void Persisted(in PersistMark mark) => NotBuilt();

    public void Applied(LogIndex index) => NotBuilt();

    /// <summary>A complete snapshot has arrived. False: it is not needed and may be deleted.</summary>
    public bool OfferSnapshot(in SnapshotMark mark, MemberId from, Term term) => throw NotBuilt();

    /// <summary>The snapshot is the state machine's state and the log's start, on disk.</summary>
    public void SnapshotInstalled(in SnapshotMark mark) => NotBuilt();

    /// <summary>The accepted snapshot could not be installed; nothing changed.</summary>
    public void SnapshotAbandoned() => NotBuilt();

    public void SnapshotSendFinished(MemberId to, LogIndex index, bool delivered) => NotBuilt();

    public void PeerUnreachable(MemberId peer) => NotBuilt();

    public void CompactLog(LogIndex upTo) => NotBuilt();

    public Term? TermAt(LogIndex index) => throw NotBuilt();

    /// <summary>Peers as the leader knows them, this member included; empty on others.</summary>
    public void CopyPeersTo(List<PeerStatus> destination) => NotBuilt();

    public bool TryTakeReady(out Ready ready) => throw NotBuilt();

    private InvariantBrokenException NotBuilt() => new("not built yet: " + Membership);
}
