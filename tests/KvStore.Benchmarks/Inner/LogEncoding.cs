using BenchmarkDotNet.Attributes;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Testing.Files;
using KvStore.Wal;

namespace KvStore.Benchmarks.Inner;

/// <summary>A batch of puts in the write-ahead log: framed, chained by checksums, and written to a disk that takes no time.</summary>
public class LogEncoding : IDisposable
{
    private const int Batch = 32;

    /// <summary>A put of 256 B as a command.</summary>
    private const int EntryBytes = 300;

    private static readonly byte[] Command = new byte[EntryBytes];

    private readonly WriteAheadLog _log = WriteAheadLog.Open(
        new NullFileSystem(), "/wal", new WalOptions { Identity = new WalIdentity(new ClusterId(1), new MemberId(1)) }, new Silence(), out _);

    private readonly LogEntry[] _entries = new LogEntry[Batch];
    private ulong _last;

    [Benchmark(OperationsPerInvoke = Batch)]
    public long Entry()
    {
        for (var i = 0; i < Batch; i++)
            _entries[i] = new LogEntry(new Term(3), new LogIndex(++_last), LogEntryKind.Command, Command);
        _log.Append(null, _entries);
        _log.Sync();
        // A long run keeps a few segments' names, as a member does.
        if (_last % (1 << 20) == 0)
            _log.RemovePrefix(new LogIndex(_last));
        return _log.BytesOnDisk;
    }

    public void Dispose()
    {
        _log.Dispose();
        GC.SuppressFinalize(this);
    }

    private sealed class Silence : ITraceSink
    {
        public void Emit(in TraceEvent traceEvent)
        {
        }
    }
}
