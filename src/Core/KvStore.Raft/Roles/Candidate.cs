using KvStore.Primitives;

namespace KvStore.Raft;

/// <summary>Asks for votes: first whether it would get them (pre-candidate), then, in a new term, for the votes themselves.</summary>
internal sealed class Candidate(RaftCore core) : IRole
{
    private readonly Dictionary<MemberId, Ballot> _ballots = [];

    /// <summary>Asks in the next term without entering it. Our own answer needs no disk: nothing about us changes.</summary>
    public void AskBeforehand()
    {
        _ballots.Clear();
        Ask(PeerMessageKind.PreVote, core.Term.Next, force: false);
        Count(core.Self, Ballot.Granted);
    }

    /// <summary>Our own vote is missing until it is on disk .</summary>
    public void AskForVotes(bool force)
    {
        _ballots.Clear();
        Ask(PeerMessageKind.Vote, core.Term, force);
    }

    public void Tick()
    {
        core.ElectionElapsed++;
        if (core.ElectionElapsed >= core.ElectionTimeout && core.MayCampaign)
            core.StartElection(force: false);
    }

    public void Step(in PeerMessage message)
    {
        switch (message.Kind)
        {
            case PeerMessageKind.Append:
            case PeerMessageKind.Heartbeat:
            case PeerMessageKind.Commit:
                core.BecomeFollower(core.Term, message.From);
                core.StepRole(message);
                break;
            case PeerMessageKind.PreVoteResponse when core.Role == RaftRole.PreCandidate && IsForThisRound(message):
            case PeerMessageKind.VoteResponse when core.Role == RaftRole.Candidate:
                Count(message.From, message.Reject ? Ballot.Rejected : Ballot.Granted);
                break;
        }
    }

    public ProposeResult Propose(LogEntryKind kind, ReadOnlyMemory<byte> data, bool leaderOnly) => ProposeResult.NoLeader;

    public bool RequestRead(ulong context) => false;

    public bool TransferLeadership(MemberId to) => false;

    public void OnPersisted()
    {
        var tail = core.Log.Tail;
        if (core.Role == RaftRole.Candidate && tail.PersistedTerm == core.Term && tail.PersistedVote == core.Self)
            Count(core.Self, Ballot.Granted);
    }

    public void Flush()
    {
    }

    public void Leave()
    {
    }

    private bool IsForThisRound(in PeerMessage message) => message.Reject || message.Term == core.Term.Next;

    private void Ask(PeerMessageKind kind, Term term, bool force)
    {
        var commit = core.Log.Committed;
        var commitTerm = core.Log.TermAt(commit) ?? Term.Zero;
        foreach (var member in core.Membership.All())
        {
            if (member == core.Self || !core.Membership.IsVoter(member))
                continue;
            core.Send(core.To(member, kind) with
            {
                Term = term, Index = core.Log.LastIndex, LogTerm = core.Log.LastTerm, Commit = commit, CommitTerm = commitTerm, Force = force,
            });
        }
    }

    private void Count(MemberId member, Ballot ballot)
    {
        _ballots.TryAdd(member, ballot);
        var result = Joint.Tally(Ballots(core.Membership.Voters), Ballots(core.Membership.OutgoingVoters));
        if (result == VoteResult.Lost)
            core.BecomeFollower(core.Term, MemberId.None);
        else if (result == VoteResult.Won && core.Role == RaftRole.PreCandidate)
            core.BecomeCandidate(force: false);
        else if (result == VoteResult.Won)
            core.BecomeLeader();
    }

    private Ballot[] Ballots(IReadOnlyList<MemberId> voters)
    {
        var ballots = new Ballot[voters.Count];
        for (var i = 0; i < ballots.Length; i++)
            ballots[i] = _ballots.GetValueOrDefault(voters[i]);
        return ballots;
    }
}
