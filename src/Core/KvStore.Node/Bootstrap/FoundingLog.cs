using KvStore.Primitives;
using KvStore.Wal;

namespace KvStore.Node.Bootstrap;

/// <summary>
/// The beginning of a new cluster's log: one committed entry for each founder, the same on all of them, so that whoever joins
/// later learns of the founders as of everybody else: from the log.
/// </summary>
internal static class FoundingLog
{
    /// <summary>Before any election: an elected leader's term is higher.</summary>
    public static readonly Term Term = new(1);

    public static WalRecovery Write(WriteAheadLog log, WalRecovery blank, IReadOnlyList<MemberInfo> founders)
    {
        var entries = new List<LogEntry>(founders.Count);
        foreach (var founder in founders)
        {
            var index = new LogIndex((ulong)entries.Count + 1);
            entries.Add(new LogEntry(Term, index, LogEntryKind.Membership, MembershipCommands.EncodeFounder(founder)));
        }

        var state = new HardState(Term, MemberId.None, new LogIndex((ulong)entries.Count));
        log.Append(state, entries);
        log.Sync();
        return blank with { HardState = state, Entries = entries };
    }
}
