using KvStore.Primitives;

namespace KvStore.Raft;

/// <summary>What differs between follower, candidate and leader. What does not is in <see cref="RaftCore"/>.</summary>
internal interface IRole
{
    void Tick();

    /// <summary>A sound message of this term, or one that carries no term. Votes are answered before this.</summary>
    void Step(in PeerMessage message);

    ProposeResult Propose(LogEntryKind kind, ReadOnlyMemory<byte> data, bool leaderOnly);

    bool RequestRead(ulong context);

    bool TransferLeadership(MemberId to);

    /// <summary>More of the log, or a vote, is on disk.</summary>
    void OnPersisted();

    /// <summary>A Ready is about to be taken: what was only noted is said now, once for all calls since the last one.</summary>
    void Flush();

    /// <summary>Another role, or another leader, takes over.</summary>
    void Leave();
}
