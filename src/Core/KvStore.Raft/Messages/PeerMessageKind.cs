namespace KvStore.Raft;

/// <summary>What a message between members says. The numbers are on the wire.</summary>
public enum PeerMessageKind : byte
{
    None = 0,

    /// <summary>Would you vote for me in Term (which I have not entered)? My log ends at (Index, LogTerm); what I know to be committed ends at (Commit, CommitTerm).</summary>
    PreVote = 1,

    /// <summary>
    /// Term is the asked one when granted, the answerer's own when rejected. A rejection tells what the answerer knows to be
    /// committed: (Index, LogTerm).
    /// </summary>
    PreVoteResponse = 2,

    /// <summary>Vote for me in Term. My log ends at (Index, LogTerm), and what I know to be committed at (Commit, CommitTerm). Force: the leader itself asked for this election.</summary>
    Vote = 3,

    /// <summary>A rejection tells what the answerer knows to be committed: (Index, LogTerm).</summary>
    VoteResponse = 4,

    /// <summary>Entries follow (Index, LogTerm); Commit is the leader's commit index. Empty where an answer is wanted without them.</summary>
    Append = 5,

    /// <summary>
    /// Accepted: the log agrees with the leader's up to Index, on disk. Rejected: the entry at Index does not agree; (HintIndex, LogTerm)
    /// is where it may.
    /// </summary>
    AppendResponse = 6,

    /// <summary>Commit never exceeds what the peer has acknowledged. Token names the round.</summary>
    Heartbeat = 7,

    /// <summary>Token as asked; Commit is the answerer's commit index.</summary>
    HeartbeatResponse = 8,

    /// <summary>The leader hands over: campaign at once, if your log reaches Index.</summary>
    TimeoutNow = 9,

    /// <summary>Entries (kind and data) a follower asks the leader to propose. Carries no term: it is no expectation of who leads (R15).</summary>
    Propose = 10,

    /// <summary>A follower asks for a read index. Carries no term.</summary>
    ReadIndex = 11,

    /// <summary>Index may be read at, for the question Token.</summary>
    ReadIndexResponse = 12,

    /// <summary>A follower was asked to hand leadership to Target. Carries no term.</summary>
    TransferLeadership = 13,

    /// <summary>
    /// The entry (Index, LogTerm) and all before it are committed. Not answered: a lost one is made up for by the next append or
    /// heartbeat.
    /// </summary>
    Commit = 14,
}
