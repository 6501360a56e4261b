using KvStore.Primitives;

namespace KvStore.Raft;

/// <summary>The leader's view of all members, and what their quorums have reached.</summary>
internal sealed class ProgressTable(RaftOptions options)
{
    // More voters than this in one set are refused by nobody, they only cost an array per question.
    private const int VotersOnStack = 32;

    private Progress[] _all = [];
    private Progress[] _incoming = [];
    private Progress[] _outgoing = [];

    public ReadOnlySpan<Progress> All => _all;

    public void Reset(Membership membership, LogIndex last)
    {
        _all = [];
        Change(membership, last);
    }

    /// <summary>Keeps what is known of members that stay.</summary>
    public void Change(Membership membership, LogIndex last)
    {
        var members = membership.All();
        var all = new Progress[members.Count];
        for (var i = 0; i < all.Length; i++)
        {
            all[i] = Find(members[i])
                ?? new Progress(members[i], last.Next, new Inflights(options.InflightMessagesMax, options.InflightBytesMax));
            all[i].IsLearner = !membership.IsVoter(members[i]);
        }

        _all = all;
        _incoming = Select(membership.Voters);
        _outgoing = Select(membership.OutgoingVoters);
    }

    public Progress? Find(MemberId member)
    {
        foreach (var progress in _all)
        {
            if (progress.Member == member)
                return progress;
        }

        return null;
    }

    /// <summary>The last index that a quorum has on disk.</summary>
    public LogIndex QuorumMatch() => new(Reached(static progress => progress.Match.Value));

    /// <summary>The commit index that a quorum has told to know.</summary>
    public LogIndex QuorumCommit() => new(Reached(static progress => progress.CommitKnown.Value));

    /// <summary>The latest heartbeat round that a quorum has answered; this member answers its own at once.</summary>
    public ulong QuorumRound(ulong latest)
    {
        if (Find(options.Self) is { } own)
            own.AnsweredOwnRound(latest);
        return Math.Min(latest, Reached(static progress => progress.RoundAnswered));
    }

    /// <summary>Whether a quorum was heard from since the last time this was asked.</summary>
    public bool TakeQuorumActive()
    {
        var active = Reached(static progress => progress.IsActive ? 1UL : 0UL) > 0;
        foreach (var progress in _all)
            progress.QuorumChecked(isSelf: progress.Member == options.Self);
        return active;
    }

    private ulong Reached(Func<Progress, ulong> value)
    {
        Span<ulong> incoming = _incoming.Length <= VotersOnStack ? stackalloc ulong[_incoming.Length] : new ulong[_incoming.Length];
        Span<ulong> outgoing = _outgoing.Length <= VotersOnStack ? stackalloc ulong[_outgoing.Length] : new ulong[_outgoing.Length];
        for (var i = 0; i < incoming.Length; i++)
            incoming[i] = value(_incoming[i]);
        for (var i = 0; i < outgoing.Length; i++)
            outgoing[i] = value(_outgoing[i]);
        return Joint.Reached(incoming, outgoing);
    }

    private Progress[] Select(IReadOnlyList<MemberId> members)
    {
        var selected = new Progress[members.Count];
        for (var i = 0; i < selected.Length; i++)
            selected[i] = Find(members[i])!;
        return selected;
    }
}
