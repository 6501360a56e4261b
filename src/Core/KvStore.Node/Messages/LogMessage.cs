using KvStore.Primitives;
using KvStore.Raft;

namespace KvStore.Node.Messages;

/// <summary>A message to the Log lane.</summary>
internal abstract record LogMessage
{
    /// <summary>One Ready: write, sync, then send what the sync allows and report the mark.</summary>
    public sealed record Append(HardState? HardState, LogEntry[] Entries, PeerMessage[] AfterSync, PersistMark Mark) : LogMessage;

    /// <summary>A snapshot took the place of the log up to an index.</summary>
    public sealed record MarkSnapshot(LogIndex Index, Term Term) : LogMessage;

    /// <summary>Everything up to the index is durable in the store (N-1): the log may begin after it.</summary>
    public sealed record CutPrefix(LogIndex Index, Term Term) : LogMessage;

    /// <summary>Time has passed: what another lane refused is posted again.</summary>
    public sealed record Tick : LogMessage
    {
        public static Tick Next { get; } = new();
    }
}
