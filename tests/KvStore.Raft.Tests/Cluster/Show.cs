using System.Text;
using KvStore.Primitives;

namespace KvStore.Raft.Tests.Cluster;

/// <summary>The words of the transcripts.</summary>
internal static class Show
{
    public static string Message(in PeerMessage m)
    {
        var text = new StringBuilder($"{m.From}->{m.To} {m.Kind}");
        if (m.Term != Term.Zero)
            text.Append($" term={m.Term}");
        text.Append(m.Kind switch
        {
            PeerMessageKind.Append => $" after={m.LogTerm}/{m.Index} commit={m.Commit}{Entries(m.Entries.Span)}",
            PeerMessageKind.Commit => $" upto={m.LogTerm}/{m.Index}",
            PeerMessageKind.AppendResponse when m.Reject => $" reject={m.Index} hint={m.LogTerm}/{m.HintIndex}",
            PeerMessageKind.AppendResponse => $" index={m.Index}",
            PeerMessageKind.Heartbeat => $" commit={m.Commit} round={m.Token.Epoch}.{m.Token.Sequence}",
            PeerMessageKind.HeartbeatResponse => $" round={m.Token.Epoch}.{m.Token.Sequence}",
            PeerMessageKind.Vote or PeerMessageKind.PreVote => $" log={m.LogTerm}/{m.Index}{(m.Force ? " force" : "")}",
            PeerMessageKind.VoteResponse or PeerMessageKind.PreVoteResponse => m.Reject ? " rejected" : " granted",
            PeerMessageKind.TimeoutNow => $" log={m.Index}",
            PeerMessageKind.Propose => Entries(m.Entries.Span),
            PeerMessageKind.ReadIndex => $" question={m.Token.Sequence}",
            PeerMessageKind.ReadIndexResponse => $" question={m.Token.Sequence}{(m.Reject ? " rejected" : $" index={m.Index}")}",
            PeerMessageKind.TransferLeadership => $" target={m.Target}",
            _ => "",
        });
        return text.ToString();
    }

    public static string Entry(in LogEntry entry) => entry.Term == Term.Zero ? Data(entry) : $"{entry.Term}/{entry.Index} {Data(entry)}";

    public static string Event(in TraceEvent e) => e.Kind switch
    {
        TraceKind.LeaderChanged => $"leader={new MemberId(e.B)} term={e.A}",
        TraceKind.BecameFollower or TraceKind.BecameCandidate or TraceKind.BecameLeader or TraceKind.BecamePreCandidate => $"{e.Kind} term={e.A}",
        _ => $"{e.Kind} {e.A} {e.B} {e.C} {e.Detail}".TrimEnd(),
    };

    public static string Status(TestMember member)
    {
        var core = member.Core;
        var text = $"{member.Id} {core.Role} term={core.Term} vote={core.Vote} leader={core.Leader} log={core.FirstIndex}-{core.LastIndex}"
            + $" commit={core.CommitIndex} applied={core.AppliedIndex} {core.Membership}";
        if (core.IsTransferring)
            text += " transferring";
        return core.Quarantine is null ? text : text + " quarantine: " + core.Quarantine;
    }

    public static string Peer(in PeerStatus p)
    {
        var text = $"  {p.Member} {p.State} match={p.Match} next={p.Next}";
        if (p.InflightMessages > 0)
            text += $" inflight={p.InflightMessages}/{p.InflightBytes}";
        if (p.IsLearner)
            text += " learner";
        return p.RecentlyActive ? text : text + " silent";
    }

    private static string Entries(ReadOnlySpan<LogEntry> entries)
    {
        if (entries.IsEmpty)
            return "";
        var shown = new List<string>();
        foreach (ref readonly var entry in entries)
            shown.Add(Entry(entry));
        return " [" + string.Join(", ", shown) + "]";
    }

    private static string Data(in LogEntry entry) => entry.Kind switch
    {
        LogEntryKind.Empty => "empty",
        LogEntryKind.Membership => ChangeCodec.Show(ChangeCodec.Decode(entry.Data.Span)),
        _ when entry.Data.Length > 40 => $"<{entry.Data.Length} bytes>",
        _ => "\"" + Encoding.UTF8.GetString(entry.Data.Span) + "\"",
    };
}
