using KvStore.Primitives;

namespace KvStore.Wal;

/// <summary>What a log held when it was opened.</summary>
public sealed record WalRecovery
{
    public required WalIdentity Identity { get; init; }

    public required HardState HardState { get; init; }

    /// <summary>The last snapshot mark; <see cref="Entries"/> begin right after it.</summary>
    public required WalMark Start { get; init; }

    /// <summary>Contiguous in index, after <see cref="Start"/>.</summary>
    public required IReadOnlyList<LogEntry> Entries { get; init; }

    /// <summary>True when the directory held no log and a new one was made.</summary>
    public required bool WasEmpty { get; init; }

    /// <summary>Bytes of unacknowledged records cut from the tail; zero when the end was clean.</summary>
    public required long RepairedBytes { get; init; }
}
