using System.Diagnostics;
using System.Globalization;
using System.Text;
using KvStore.Mvcc.Tests.Support;
using KvStore.Primitives;
using KvStore.RocksDb;
using Xunit.Abstractions;

namespace KvStore.Mvcc.Tests;

/// <summary>
/// Figures of the index at a million keys, for docs/testing/mvcc.md. Not a test: it asserts nothing and runs only when asked,
/// <c>KVSTORE_FIGURES=1 dotnet test tests/KvStore.Mvcc.Tests -c Release --filter MvccFigures --logger "console;verbosity=detailed"</c>.
/// </summary>
public sealed class MvccFigures(ITestOutputHelper output)
{
    private const int KeyCount = 1_000_000;
    private const int Puts = 1_000_000;

    [Fact]
    public void Index_AMillionKeys_Figures()
    {
        if (Environment.GetEnvironmentVariable("KVSTORE_FIGURES") != "1")
            return;
        var rows = new List<(byte[], byte[])>(KeyCount);
        var disk = new DiscardingStore(rows) { Keep = true };
        var store = MvccStore.Open(disk, new MvccOptions(), new SilentTrace());
        var keys = MakeKeys();
        Say("load in random order, batches of 64", () => Write(store, keys, KeyCount, 64, new Prng(1), sequential: true));
        disk.Keep = false;
        rows.Sort((left, right) => left.Item1.AsSpan().SequenceCompareTo(right.Item1));
        Memory(store);
        foreach (var batch in new[] { 1, 64 })
            Say($"update random keys, batches of {batch}", () => Write(store, keys, Puts, batch, new Prng(2), sequential: false));
        using (store.OpenView())
            Say("the same with a view open from the start, batches of 1", () => Write(store, keys, Puts, 1, new Prng(3), sequential: false));
        Memory(store);
        Reads(store, keys);
        Sweep(store);
        Memory(store);
        Start(disk);
    }

    [Fact]
    public void Rocks_AMillionKeys_Figures()
    {
        if (Environment.GetEnvironmentVariable("KVSTORE_FIGURES") != "1")
            return;
        var directory = Directory.CreateTempSubdirectory("kvstore-figures-");
        try
        {
            var keys = MakeKeys();
            using (var rocks = RocksOrderedStore.Open(directory.FullName, new RocksStoreOptions()))
            {
                var store = MvccStore.Open(rocks, new MvccOptions(), new SilentTrace());
                Say("RocksDB: load in random order, batches of 64", () => Write(store, keys, KeyCount, 64, new Prng(1), sequential: true));
                Say("RocksDB: update random keys, batches of 64", () => Write(store, keys, KeyCount / 4, 64, new Prng(2), sequential: false));
                Say("RocksDB: update random keys, batches of 1", () => Write(store, keys, KeyCount / 4, 1, new Prng(3), sequential: false));
                rocks.Flush();
            }

            using var reopened = RocksOrderedStore.Open(directory.FullName, new RocksStoreOptions());
            var start = Stopwatch.GetTimestamp();
            var restarted = MvccStore.Open(reopened, new MvccOptions(), new SilentTrace());
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"RocksDB: start with 1,500,000 versions: {Stopwatch.GetElapsedTime(start).TotalMilliseconds:f0} ms"));
            restarted.Writer.ScheduleCompact(restarted.Writer.Current);
            restarted.Writer.Commit();
            start = Stopwatch.GetTimestamp();
            var steps = 0;
            while (restarted.Sweep.Next(1000) == SweepProgress.More)
                steps++;
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"RocksDB: sweep of 500,000 versions: {Stopwatch.GetElapsedTime(start).TotalMilliseconds:f0} ms in {steps} steps"));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static byte[][] MakeKeys()
    {
        var prng = new Prng(7);
        var keys = new byte[KeyCount][];
        for (var i = 0; i < KeyCount; i++)
            keys[i] = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"/registry/pods/namespace-{prng.Below(500):d3}/pod-{prng.NextUInt64():x16}"));
        return keys;
    }

    private static (long[] Ticks, int PerCommit) Write(MvccStore store, byte[][] keys, int puts, int batch, Prng prng, bool sequential)
    {
        var value = new byte[256];
        var ticks = new long[puts / batch];
        using var delays = new RunDelay();
        for (var i = 0; i < ticks.Length; i++)
        {
            var delay = delays.Read();
            var start = Stopwatch.GetTimestamp();
            for (var j = 0; j < batch; j++)
            {
                store.Writer.BeginTxn();
                store.Writer.Put(keys[sequential ? (i * batch) + j : prng.Below(KeyCount)], value, LeaseId.None);
                store.Writer.EndTxn();
            }

            store.Writer.Commit();
            var wall = Stopwatch.GetTimestamp() - start;
            ticks[i] = Math.Max(0, wall - (delays.Read() - delay));
        }

        return (ticks, batch);
    }

    private void Say(string what, Func<(long[] Ticks, int PerCommit)> run)
    {
        var pause = GC.GetTotalPauseDuration();
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var (ticks, perCommit) = run();
        pause = GC.GetTotalPauseDuration() - pause;
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Array.Sort(ticks);
        double Micros(long t) => t * 1e6 / Stopwatch.Frequency;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{what}: {Micros(ticks.Sum()) * 1000 / (ticks.Length * perCommit):f0} ns/put; commit p50 {Micros(ticks[ticks.Length / 2]):f1} us, p99 {Micros(ticks[ticks.Length * 99 / 100]):f1}, p99.9 {Micros(ticks[ticks.Length * 999L / 1000]):f1}, p99.99 {Micros(ticks[ticks.Length * 9999L / 10000]):f1}, max {Micros(ticks[^1]):f0}; {allocated / (ticks.Length * perCommit)} B garbage/put; collector pauses {pause.TotalMilliseconds:f1} ms"));
    }

    private void Memory(MvccStore store)
    {
        var slabs = store.State.Slabs;
        var leaves = (long)slabs.Leaves.Capacity * System.Runtime.CompilerServices.Unsafe.SizeOf<KvStore.Mvcc.Index.Leaf>();
        var inners = (long)slabs.Inners.Capacity * System.Runtime.CompilerServices.Unsafe.SizeOf<KvStore.Mvcc.Index.Inner>();
        var records = (long)slabs.Records.Capacity * System.Runtime.CompilerServices.Unsafe.SizeOf<KvStore.Mvcc.Index.VersionRecord>();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"memory: leaves {slabs.Leaves.Used}/{slabs.Leaves.Capacity} = {leaves >> 20} MiB, inners {slabs.Inners.Used} = {inners >> 20} MiB, records {slabs.Records.Used} = {records >> 20} MiB, keys {slabs.Keys.CapacityBytes >> 20} MiB; {(leaves + inners + records + slabs.Keys.CapacityBytes) / (double)KeyCount:f0} B/key; height {store.State.Tree.Root.Height}"));
    }

    private void Reads(MvccStore store, byte[][] keys)
    {
        using var view = store.OpenView();
        var prng = new Prng(9);
        Time("get a random key", 1_000_000, () => view.TryGet(keys[prng.Below(KeyCount)], Revision.Zero, out _));
        Time("count all", 100_000, () => view.Count([0], [0], Revision.Zero));
        var low = "/registry/pods/namespace-100/"u8.ToArray();
        var high = "/registry/pods/namespace-200/"u8.ToArray();
        Time($"count a range of {view.Count(low, high, Revision.Zero)}", 100_000, () => view.Count(low, high, Revision.Zero));
        var past = new Revision(view.Current.Value - 100_000);
        Time("count it 100,000 updates ago", 100_000, () => view.Count(low, high, past));
        var creating = new Revision(KeyCount - 10_000);
        Time("count it 10,000 creations ago", 100, () => view.Count(low, high, creating));
        Time("scan it", 10, () =>
        {
            for (var cursor = view.Seek(low, high, Revision.Zero); cursor.MoveNext();)
                _ = cursor.Key.Length + cursor.Meta.Version;
        });
        Time("open and close a view", 1_000_000, () => store.OpenView().Dispose());
    }

    private void Time(string what, int times, Action act)
    {
        act();
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < times; i++)
            act();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {Stopwatch.GetElapsedTime(start).TotalMicroseconds / times:f2} us"));
    }

    private void Sweep(MvccStore store)
    {
        store.Writer.ScheduleCompact(store.Writer.Current);
        store.Writer.Commit();
        var ticks = new List<long>();
        SweepProgress progress;
        do
        {
            var start = Stopwatch.GetTimestamp();
            progress = store.Sweep.Next(1000);
            ticks.Add(Stopwatch.GetTimestamp() - start);
        }
        while (progress == SweepProgress.More);
        Say("sweep, 1000 versions a step (a put = a step here)", () => (ticks.ToArray(), 1));
    }

    private void Start(DiscardingStore disk)
    {
        var start = Stopwatch.GetTimestamp();
        var store = MvccStore.Open(disk, new MvccOptions(), new SilentTrace());
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"start: {Stopwatch.GetElapsedTime(start).TotalMilliseconds:f0} ms"));
        Memory(store);
    }

    /// <summary>
    /// How long this thread was ready to run and had no processor (Linux, nanoseconds, as this machine's stopwatch counts), so that
    /// a busy machine's figures are those of the code.
    /// </summary>
    private sealed class RunDelay : IDisposable
    {
        private readonly FileStream? _file = OperatingSystem.IsLinux() ? new("/proc/thread-self/schedstat", FileMode.Open, FileAccess.Read, FileShare.Read, 0) : null;
        private readonly byte[] _text = new byte[128];

        public long Read()
        {
            if (_file is null)
                return 0;
            var read = RandomAccess.Read(_file.SafeFileHandle, _text, 0);
            var fields = _text.AsSpan(0, read);
            fields = fields[(fields.IndexOf((byte)' ') + 1)..];
            return long.Parse(fields[..fields.IndexOf((byte)' ')], CultureInfo.InvariantCulture);
        }

        public void Dispose() => _file?.Dispose();
    }
}
