namespace KvStore.Primitives;

/// <summary>What the data of a log entry is. The numbers are on disk and on the wire.</summary>
public enum LogEntryKind : byte
{
    /// <summary>Empty: the entry a new leader writes to commit in its own term (raft paper §5.4.2, thesis §6.4).</summary>
    Empty = 0,

    /// <summary>A command of the state machine (kvstore.command.Command).</summary>
    Command = 1,

    /// <summary>A change of the membership; raft and the state machine both act on it.</summary>
    Membership = 2,
}
