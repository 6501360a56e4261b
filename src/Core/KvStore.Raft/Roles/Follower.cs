using KvStore.Primitives;

namespace KvStore.Raft;

/// <summary>Takes entries from the leader, and passes proposals and reads on to it.</summary>
internal sealed class Follower(RaftCore core, ulong readEpoch) : IRole
{
    private readonly ForwardedReads _reads = new(core.Options, readEpoch);
    private readonly List<LogEntry> _proposals = [];
    private long _proposalBytes;

    public int PendingReads => _reads.Count;

    public void Tick()
    {
        core.ElectionElapsed++;
        if (core.ElectionElapsed >= core.ElectionTimeout && core.MayCampaign)
            core.StartElection(force: false);
        else if (!core.Leader.IsNone && _reads.TryAskAgain(out var token))
            AskLeader(token);
    }

    public void Step(in PeerMessage message)
    {
        switch (message.Kind)
        {
            case PeerMessageKind.Append when core.FollowLeader(message.From):
                OnAppend(message);
                break;
            case PeerMessageKind.Heartbeat when core.FollowLeader(message.From):
                OnHeartbeat(message);
                break;
            case PeerMessageKind.Commit when core.FollowLeader(message.From):
                OnCommit(message);
                break;
            case PeerMessageKind.TimeoutNow when message.Index <= core.Log.LastIndex && core.MayCampaign:
                core.StartElection(force: true);
                break;
            case PeerMessageKind.ReadIndexResponse:
                OnReadIndexResponse(message);
                break;
            case PeerMessageKind.ReadIndex:
                core.Send(new PeerMessage
                {
                    Kind = PeerMessageKind.ReadIndexResponse, From = core.Self, To = message.From, Token = message.Token, Reject = true,
                });
                break;
        }
    }

    public ProposeResult Propose(LogEntryKind kind, ReadOnlyMemory<byte> data, bool leaderOnly)
    {
        if (core.Leader.IsNone || leaderOnly)
            return ProposeResult.NoLeader;
        if (_proposalBytes >= core.Options.UncommittedBytesMax)
            return ProposeResult.Overloaded;
        var entry = new LogEntry(default, default, kind, data);
        _proposals.Add(entry);
        _proposalBytes += entry.CostBytes;
        return ProposeResult.Forwarded;
    }

    public bool RequestRead(ulong context) => !core.Leader.IsNone && _reads.TryAdd(context);

    public bool TransferLeadership(MemberId to)
    {
        if (core.Leader.IsNone || !core.Membership.IsVoter(to))
            return false;
        core.Send(new PeerMessage { Kind = PeerMessageKind.TransferLeadership, From = core.Self, To = core.Leader, Target = to });
        return true;
    }

    public void OnPersisted()
    {
    }

    public void Flush()
    {
        if (core.Leader.IsNone)
            return;
        SendProposals();
        if (_reads.TryAsk(out var token))
            AskLeader(token);
    }

    public void Leave()
    {
        if (!core.Leader.IsNone)
            SendProposals();
        _reads.Abandon(core.Out.RefusedList);
    }

    private void OnAppend(in PeerMessage message)
    {
        // What a snapshot is about to replace is not added to; the leader hears of us when it is in place.
        if (core.Installing is not null)
            return;
        if (message.Index <= core.Log.Committed && core.Log.TermAt(message.Index) is { } term && term != message.LogTerm)
        {
            core.EnterQuarantine(message.From, message.Index, "the leader's log contradicts a committed entry");
            return;
        }

        if (message.Index < core.Log.Committed)
            Acknowledge(core.Log.Committed);
        else if (core.Log.Matches(message.Index, message.LogTerm))
            Accept(message);
        else
            RejectAppend(message);
    }

    private void OnCommit(in PeerMessage message)
    {
        // Without the entry it speaks of there is nothing to commit: the append that brings it was lost and is sent again.
        if (core.Installing is null && core.Log.Matches(message.Index, message.LogTerm))
            core.Log.CommitTo(message.Index);
    }

    private void Accept(in PeerMessage message)
    {
        Store(message.Entries.Span);
        var last = message.Index + (ulong)message.Entries.Length;
        core.Log.CommitTo(LogIndex.Min(message.Commit, last));
        Acknowledge(last);
    }

    /// <summary>Skips what is there, cuts off what contradicts, appends the rest.</summary>
    private void Store(ReadOnlySpan<LogEntry> entries)
    {
        var log = core.Log;
        foreach (ref readonly var entry in entries)
        {
            if (log.Matches(entry.Index, entry.Term))
                continue;
            if (entry.Index <= log.LastIndex)
                log.TruncateAfter(entry.Index.Previous);
            log.Append(entry);
        }
    }

    private void Acknowledge(LogIndex index) =>
        core.Send(core.To(core.Leader, PeerMessageKind.AppendResponse) with { Index = index });

    // The hint lets the leader skip, in one step, every entry whose term cannot be in both logs (raft paper §5.3).
    private void RejectAppend(in PeerMessage message)
    {
        var hint = core.Log.LastWithTermAtMost(LogIndex.Min(message.Index, core.Log.LastIndex), message.LogTerm);
        core.Send(core.To(message.From, PeerMessageKind.AppendResponse) with
        {
            Reject = true,
            Index = message.Index,
            HintIndex = hint,
            LogTerm = core.Log.TermAt(hint) ?? Term.Zero,
        });
    }

    private void OnHeartbeat(in PeerMessage message)
    {
        if (message.Commit > core.Log.LastIndex)
        {
            // The leader never tells more than we acknowledged: what we acknowledged is gone (R10).
            core.EnterQuarantine(message.From, message.Commit, "the log has lost entries that it acknowledged");
            return;
        }

        core.Log.CommitTo(message.Commit);
        core.Send(core.To(message.From, PeerMessageKind.HeartbeatResponse) with { Token = message.Token, Commit = core.Log.Tail.PersistedCommit });
    }

    private void OnReadIndexResponse(in PeerMessage message)
    {
        // A rejection means that we asked a member that does not lead: who does will be known soon, and is asked then.
        if (!message.Reject)
            _reads.Answered(message.Token, message.Index, core.Out.ReadList);
    }

    private void AskLeader(ReadToken token) =>
        core.Send(new PeerMessage { Kind = PeerMessageKind.ReadIndex, From = core.Self, To = core.Leader, Token = token });

    private void SendProposals()
    {
        if (_proposals.Count == 0)
            return;
        var all = _proposals.ToArray();
        _proposals.Clear();
        _proposalBytes = 0;
        for (var start = 0; start < all.Length;)
        {
            var end = start;
            for (long bytes = 0; end < all.Length && (end == start || bytes + all[end].CostBytes <= core.Options.AppendBytesMax); end++)
                bytes += all[end].CostBytes;
            core.Send(new PeerMessage
            {
                Kind = PeerMessageKind.Propose, From = core.Self, To = core.Leader, Entries = all.AsMemory(start, end - start),
            });
            start = end;
        }
    }
}
