using KvStore.Benchmarks.Servers;

namespace KvStore.Benchmarks.Load;

/// <summary>By how much a cluster's largest resident set grows from the moment this is made. Earlier peaks are forgotten.</summary>
internal sealed class GrowthMeter
{
    private readonly MeasuredCluster _cluster;
    private readonly double _before;

    public GrowthMeter(MeasuredCluster cluster)
    {
        _cluster = cluster;
        _before = cluster.MemoryMegabytes();
        cluster.ForgetPeaks();
    }

    public double Megabytes() => Math.Max(0, _cluster.PeakMemoryMegabytes() - _before);
}
