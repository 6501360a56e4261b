using System.Globalization;
using System.Text;

namespace KvStore.Server.Metrics;

/// <summary>A Prometheus histogram of seconds with exponential buckets, as etcd's. Written by any thread without a lock.</summary>
internal sealed class Histogram
{
    private readonly string _name;
    private readonly double[] _bounds;
    private readonly long[] _counts;
    private long _sumTicks;

    /// <param name="name">Name of the family.</param>
    /// <param name="first">Upper bound of the first bucket, in seconds.</param>
    /// <param name="factor">Each bound to the one before.</param>
    /// <param name="buckets">Number of bounds; one more bucket holds the rest.</param>
    public Histogram(string name, double first, double factor, int buckets)
    {
        _name = name;
        _bounds = new double[buckets];
        _counts = new long[buckets + 1];
        for (var i = 0; i < buckets; i++)
            _bounds[i] = first * Math.Pow(factor, i);
    }

    public void Observe(TimeSpan value)
    {
        var bucket = 0;
        while (bucket < _bounds.Length && value.TotalSeconds > _bounds[bucket])
            bucket++;
        Interlocked.Increment(ref _counts[bucket]);
        Interlocked.Add(ref _sumTicks, value.Ticks);
    }

    public void AppendTo(StringBuilder text)
    {
        text.Append("# TYPE ").Append(_name).Append(" histogram\n");
        long cumulative = 0;
        for (var i = 0; i < _counts.Length; i++)
        {
            cumulative += Interlocked.Read(ref _counts[i]);
            var bound = i < _bounds.Length ? _bounds[i].ToString("R", CultureInfo.InvariantCulture) : "+Inf";
            text.Append(CultureInfo.InvariantCulture, $"{_name}_bucket{{le=\"{bound}\"}} {cumulative}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"{_name}_sum {TimeSpan.FromTicks(Interlocked.Read(ref _sumTicks)).TotalSeconds}\n");
        text.Append(CultureInfo.InvariantCulture, $"{_name}_count {cumulative}\n");
    }
}
