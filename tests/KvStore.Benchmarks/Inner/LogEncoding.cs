using BenchmarkDotNet.Attributes;
using KvStore.Primitives;
using KvStore.Wal.Segments;

namespace KvStore.Benchmarks.Inner;

/// <summary>Records of a batch of puts, as the Log lane encodes them: framed, chained by checksums, not written.</summary>
public class LogEncoding
{
    private const int Batch = 32;

    /// <summary>A put of 256 B as a command.</summary>
    private const int EntryBytes = 300;

    private readonly RecordBuffer _records = new();
    private readonly LogEntry[] _entries =
        [.. Enumerable.Range(1, Batch).Select(index => new LogEntry(new Term(3), new LogIndex((ulong)index), LogEntryKind.Command, new byte[EntryBytes]))];

    [Benchmark(OperationsPerInvoke = Batch)]
    public long Entry()
    {
        foreach (ref readonly var entry in _entries.AsSpan())
            _records.AddEntry(entry, durableBefore: 0);
        _records.Written();
        return _records.EndOffset;
    }
}
