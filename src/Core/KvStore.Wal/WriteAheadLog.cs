using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Wal;

/// <summary>The raft log of one member on disk.</summary>
public sealed class WriteAheadLog : IDisposable
{
    /// <summary>True when the directory holds a log, whatever its state.</summary>
    public static bool Exists(IFileSystem fileSystem, string directory) => throw new InvariantBrokenException("not built yet");

    /// <summary>Opens the log of a directory, or makes a new one where there is none. Repairs a torn tail; refuses a damaged log.</summary>
    public static WriteAheadLog Open(
        IFileSystem fileSystem, string directory, WalOptions options, ITraceSink trace, out WalRecovery recovered) =>
        throw new InvariantBrokenException("not built yet");

    public LogIndex FirstIndex { get; private set; }

    public LogIndex LastIndex { get; private set; }

    public long BytesOnDisk { get; private set; }

    private readonly InvariantBrokenException _notBuilt = new("not built yet");

    private void NotBuilt() => throw _notBuilt;

    public void Append(in HardState? hardState, IReadOnlyList<LogEntry> entries) => NotBuilt();

    public void MarkSnapshot(LogIndex index, Term term, ReadOnlySpan<byte> membership) => NotBuilt();

    public void Sync() => NotBuilt();

    public void RemovePrefix(LogIndex upTo) => NotBuilt();

    public void Dispose() => NotBuilt();
}
