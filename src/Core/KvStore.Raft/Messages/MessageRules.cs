using KvStore.Primitives;

namespace KvStore.Raft;

/// <summary>What every message must be before it is looked at. Peers are authenticated, not trusted to be free of bugs (R9, R17).</summary>
internal static class MessageRules
{
    // Numbers grow by one per event; only a broken or hostile peer comes near. Below it, nothing here can overflow.
    private const ulong NumberMax = 1UL << 62;

    /// <summary>These say nothing about the sender's term, and the receiver's does not follow them.</summary>
    public static bool CarriesNoTerm(PeerMessageKind kind) => kind is PeerMessageKind.Propose or PeerMessageKind.ReadIndex
        or PeerMessageKind.ReadIndexResponse or PeerMessageKind.TransferLeadership;

    /// <summary>Who says this leads in the message's term.</summary>
    public static bool IsOfLeader(PeerMessageKind kind) => kind is PeerMessageKind.Append or PeerMessageKind.Heartbeat or PeerMessageKind.Commit;

    /// <summary>Null when sound; otherwise what is wrong.</summary>
    public static string? Fault(in PeerMessage message, MemberId self)
    {
        if (message.To != self)
            return "a message for another member";
        if (message.From.IsNone || message.From == self)
            return "a message from nobody";
        if (message.Kind is PeerMessageKind.None or > PeerMessageKind.Commit)
            return "a message of an unknown kind";
        if (CarriesNoTerm(message.Kind) != (message.Term == Term.Zero))
            return "a message with a wrong term";
        if (message.Term.Value > NumberMax || message.CommitTerm.Value > NumberMax || message.Index.Value > NumberMax || message.HintIndex.Value > NumberMax
            || message.Commit.Value > NumberMax)
            return "a message with an impossible number";
        return message.Kind switch
        {
            PeerMessageKind.Append => AppendFault(message),
            PeerMessageKind.Propose => ProposeFault(message),
            _ => message.Entries.IsEmpty ? null : "entries in a message that carries none",
        };
    }

    private static string? AppendFault(in PeerMessage message)
    {
        if (message.LogTerm > message.Term || (message.Index == LogIndex.Zero) != (message.LogTerm == Term.Zero))
            return "an append after an impossible entry";
        var index = message.Index;
        var term = message.LogTerm;
        foreach (ref readonly var entry in message.Entries.Span)
        {
            if (entry.Index != index.Next || entry.Term < term || entry.Term > message.Term || entry.Term == Term.Zero)
                return "an append whose entries do not follow each other";
            index = entry.Index;
            term = entry.Term;
        }

        return null;
    }

    private static string? ProposeFault(in PeerMessage message)
    {
        foreach (ref readonly var entry in message.Entries.Span)
        {
            if (entry.Kind is not (LogEntryKind.Command or LogEntryKind.Membership))
                return "a forwarded proposal of an unknown kind";
        }

        return null;
    }
}
