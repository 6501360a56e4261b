namespace KvStore.Architecture.Tests;

/// <summary>
/// A test waits for what it expects, never for time to pass (docs/STYLE.md, 23): a sleep is too short on a busy machine and too
/// long on any other.
/// </summary>
public sealed class SleepTests
{
    // Cut in two, so that this file is none of its own findings.
    private static readonly string[] _sleeps = ["Task." + "Delay(", "Thread." + "Sleep("];

    /// <summary>Files that let time pass all the same: how often, and why.</summary>
    private static readonly Dictionary<string, (int Times, string Reason)> Explained = new(StringComparer.Ordinal)
    {
        ["tests/KvStore.Grpc.Tests/Hosts/TestMethods.cs"] = (1, "a handler that never answers: it ends with its call"),
        ["tests/KvStore.Api.Tests/WatchServiceTests.cs"] = (1, "asks again, up to a limit, whether the lane has forgotten a stream; the lane tells nobody"),
    };

    [Fact]
    public void Tests_DoNotSleep()
    {
        var found = from file in Checkout.Sources("tests")
                    let name = Path.GetRelativePath(Checkout.Root, file)
                    let times = File.ReadLines(file).Count(IsSleep)
                    where times > (Explained.TryGetValue(name, out var explained) ? explained.Times : 0)
                    select $"{name}: {times}";
        Assert.Empty(found);
    }

    [Fact]
    public void ExplainedSleeps_AreStillThere()
    {
        var gone = from entry in Explained
                   let path = Path.Combine(Checkout.Root, entry.Key)
                   where !File.Exists(path) || File.ReadLines(path).Count(IsSleep) < entry.Value.Times
                   select entry.Key;
        Assert.Empty(gone);
    }

    private static bool IsSleep(string line) => _sleeps.Any(sleep => line.Contains(sleep, StringComparison.Ordinal));
}
