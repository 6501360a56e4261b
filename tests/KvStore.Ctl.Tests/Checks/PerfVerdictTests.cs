using KvStore.Ctl.Commands.Checks;
using KvStore.Load.Measures;

namespace KvStore.Ctl.Tests.Checks;

public sealed class PerfVerdictTests
{
    private static readonly Dictionary<string, long> NoErrors = [];

    [Fact]
    public void Run_ThatMeetsEveryDemand_Passes() =>
        Assert.Equal(
            (true, "PASS: Throughput is 136 writes/s|PASS: Slowest request took 0.500000s|PASS: Stddev is 0.100000s|PASS"),
            Judge(Found(135.5, 0.5, 0.1, NoErrors)));

    [Theory]
    [InlineData(135.0, 0.1, 0.01, "FAIL: Throughput too low: 136 writes/s|PASS: Slowest request took 0.100000s|PASS: Stddev is 0.010000s|FAIL")]
    [InlineData(150.0, 0.51, 0.01, "PASS: Throughput is 151 writes/s|Slowest request took too long: 0.510000s|PASS: Stddev is 0.010000s|FAIL")]
    [InlineData(150.0, 0.1, 0.11, "PASS: Throughput is 151 writes/s|PASS: Slowest request took 0.100000s|Stddev too high: 0.110000s|FAIL")]
    public void Run_ThatMissesOneDemand_Fails(double perSecond, double slowest, double deviation, string expected) =>
        Assert.Equal((false, expected), Judge(Found(perSecond, slowest, deviation, NoErrors)));

    [Fact]
    public void Run_WithErrors_FailsAndNamesThem() =>
        Assert.Equal(
            (false, "FAIL: too many errors|FAIL: ERROR(etcdserver: no leader) -> 3|PASS: Throughput is 151 writes/s|PASS: Slowest request took 0.100000s|PASS: Stddev is 0.010000s|FAIL"),
            Judge(Found(150, 0.1, 0.01, new Dictionary<string, long> { ["etcdserver: no leader"] = 3 })));

    [Fact]
    public void Run_WithoutAPut_Fails() =>
        Assert.False(Judge(Found(0, 0, 0, NoErrors) with { Latency = LatencySummary.Empty }).Passed);

    [Theory]
    [InlineData("s", "small", 150, 50, 10_000, 50)]
    [InlineData("m", "medium", 1000, 200, 100_000, 200)]
    [InlineData("l", "large", 8000, 500, 1_000_000, 500)]
    [InlineData("xl", "xLarge", 15000, 1000, 3_000_000, 1000)]
    public void Loads_AreEtcds(string name, string alias, int rate, int clients, int pairs, int dataClients)
    {
        foreach (var word in new[] { name, alias })
        {
            Assert.Equal(new PerfLoad(rate, clients, TimeSpan.FromMinutes(1)), PerfLoad.Named(word));
            Assert.Equal(new DatascaleLoad(pairs, dataClients), DatascaleLoad.Named(word));
        }

        Assert.Null(PerfLoad.Named("q"));
    }

    private static (bool Passed, string Lines) Judge(LoadResult found)
    {
        var (lines, passed) = PerfVerdict.Of(found, putsPerSecond: 150);
        return (passed, string.Join('|', lines));
    }

    private static LoadResult Found(double perSecond, double slowestSeconds, double deviationSeconds, IReadOnlyDictionary<string, long> failures) => new()
    {
        Workload = "put",
        Done = (long)(perSecond * 2),
        Seconds = 2,
        Latency = new LatencySummary { StandardDeviationMicros = deviationSeconds * 1e6, Percentiles = [new LatencyPercentile(100, slowestSeconds * 1e6)] },
        Timeline = [],
        Failures = failures,
    };
}
