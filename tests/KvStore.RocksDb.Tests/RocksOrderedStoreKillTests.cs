using System.Diagnostics;
using System.Globalization;
using KvStore.Primitives;

namespace KvStore.RocksDb.Tests;

/// <summary>
/// D7 for the store, M1's ground: a killed process loses a suffix of its batches, never a middle, and nothing that was flushed.
/// </summary>
/// <remarks>
/// A killed process leaves what it wrote in the page cache, so this shows the order of RocksDB's files, not the disk's honesty;
/// the simulator covers the latter for our own files.
/// </remarks>
public sealed class RocksOrderedStoreKillTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    /// <summary>Method: kill at a random report of the child, in the middle of a flush or right after one, reopen, and go on from there.</summary>
    [Theory]
    [InlineData(1, 7)]
    [InlineData(2, 100)]
    [InlineData(3, 1500)]
    public void Store_KilledAgainAndAgain_IsAPrefixThatHoldsEveryFlush(int seed, int flushEvery)
    {
        var prng = new Prng((ulong)seed);
        var directory = _scratch.NewPath();
        var flushed = 0;
        for (var round = 0; round < 6; round++)
        {
            flushed = Math.Max(flushed, RunAndKill(directory, flushEvery, reports: 1 + prng.Below(12)));
            using var store = RocksOrderedStore.Open(directory, RocksOrderedStoreContractTests.Small);
            var last = NumberedBatches.AssertIsAPrefix(store);
            Assert.True(last >= flushed, $"flushed {flushed}, found {last}");
            flushed = last;
        }
    }

    /// <returns>The last number reported as flushed.</returns>
    private static int RunAndKill(string directory, int flushEvery, int reports)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet")
        {
            RedirectStandardOutput = true,
            ArgumentList =
            {
                "exec", typeof(Program).Assembly.Location, "write-until-killed", directory, flushEvery.ToString(CultureInfo.InvariantCulture),
            },
        };
        using var child = Process.Start(start)!;
        var flushed = 0;
        for (var report = 0; report < reports; report++)
        {
            var words = child.StandardOutput.ReadLine()?.Split(' ');
            Assert.NotNull(words);
            if (words[0] == "flushed")
                flushed = int.Parse(words[1], CultureInfo.InvariantCulture);
        }

        child.Kill();
        child.WaitForExit();
        return flushed;
    }
}
