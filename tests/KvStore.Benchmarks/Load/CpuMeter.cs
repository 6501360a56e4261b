using KvStore.Benchmarks.Servers;

namespace KvStore.Benchmarks.Load;

/// <summary>Processor time of a cluster's members between the begin and the end of measuring.</summary>
internal sealed class CpuMeter(MeasuredCluster cluster)
{
    private TimeSpan _before;
    private TimeSpan _spent;

    public void Note(bool begins)
    {
        if (begins)
            _before = cluster.CpuTime();
        else
            _spent = cluster.CpuTime() - _before;
    }

    public double MicrosFor(long operations) => _spent.TotalMicroseconds / Math.Max(operations, 1);
}
