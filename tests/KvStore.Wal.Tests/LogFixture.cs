using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Simulation.Disk;

namespace KvStore.Wal.Tests;

/// <summary>A log on a simulated disk, and short words for what tests do with it.</summary>
internal sealed class LogFixture
{
    public const string Directory = "/data/wal";

    public static readonly WalIdentity Identity = new(new ClusterId(0xC1), new MemberId(0xA1));

    public LogFixture(ulong seed = 1, long segmentBytes = 4096)
    {
        Disk = new SimulatedDisk(new Prng(seed));
        Options = new WalOptions { Identity = Identity, SegmentBytes = segmentBytes, BufferBytesMax = 8192 };
        Disk.CreateDirectory("/data");
        Disk.SyncDirectory("/");
    }

    public SimulatedDisk Disk { get; }

    public WalOptions Options { get; set; }

    public WalRecovery Recovered { get; private set; } = null!;

    public WriteAheadLog Open()
    {
        var log = WriteAheadLog.Open(Disk, Directory, Options, NoTrace.Instance, out var recovered);
        Recovered = recovered;
        return log;
    }

    /// <summary>Opens after the death of the last process and closes again without a trace on the disk.</summary>
    public LogModel Recover()
    {
        Disk.Kill();
        Open();
        Disk.Kill();
        return LogModel.Of(Recovered);
    }

    public string OpenRefused()
    {
        Disk.Kill();
        var refusal = Assert.Throws<StorageException>(() => Open());
        Assert.Equal(StorageFailure.Corrupt, refusal.Failure);
        Disk.Kill();
        return refusal.Message;
    }

    public string[] Segments() => [.. Disk.List(Directory).Where(n => n.EndsWith(".wal", StringComparison.Ordinal)).Select(n => $"{Directory}/{n}")];

    public static LogEntry Entry(ulong index, ulong term = 1, int bytes = 10) =>
        new(new Term(term), new LogIndex(index), LogEntryKind.Command, Data(index, term, bytes));

    public static LogEntry[] Entries(ulong first, int count, ulong term = 1, int bytes = 10) =>
        [.. Enumerable.Range(0, count).Select(i => Entry(first + (ulong)i, term, bytes))];

    public static HardState State(ulong term, ulong vote = 1, ulong commit = 0) => new(new Term(term), new MemberId(vote), new LogIndex(commit));

    // Never zero: a zero would look like space that was not written.
    private static byte[] Data(ulong index, ulong term, int bytes)
    {
        var data = new byte[bytes];
        new Prng(index * 1000 + term).Fill(data);
        for (var i = 0; i < bytes; i++)
            data[i] |= 1;
        return data;
    }
}
