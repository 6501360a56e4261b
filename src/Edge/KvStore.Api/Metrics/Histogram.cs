using System.Globalization;

namespace KvStore.Api.Metrics;

/// <summary>A Prometheus histogram, of seconds mostly, with buckets as etcd's. Written by any thread without a lock.</summary>
public sealed class Histogram
{
    private readonly string _name;
    private readonly string _labels;
    private readonly double[] _bounds;
    private readonly long[] _counts;

    // In ten-millionths, which are ticks of a time in seconds: whole numbers are added without a lock.
    private long _sumTicks;

    /// <param name="name">Name of the family.</param>
    /// <param name="bounds">Upper bounds of the buckets, in the unit of what is observed; one more bucket holds the rest.</param>
    /// <param name="labels">Of all its samples, as <see cref="PrometheusText.Sample"/> takes them.</param>
    public Histogram(string name, double[] bounds, string labels = "")
    {
        _name = name;
        _labels = labels;
        _bounds = bounds;
        _counts = new long[bounds.Length + 1];
    }

    /// <summary>Bounds that grow by a factor.</summary>
    public static double[] Exponential(double first, double factor, int count) =>
        [.. Enumerable.Range(0, count).Select(i => first * Math.Pow(factor, i))];

    /// <summary>A time in seconds.</summary>
    public void Observe(TimeSpan value) => Observe(value.TotalSeconds);

    /// <summary>A value in the unit of the bounds.</summary>
    public void Observe(double value)
    {
        var bucket = 0;
        while (bucket < _bounds.Length && value > _bounds[bucket])
            bucket++;
        Interlocked.Increment(ref _counts[bucket]);
        Interlocked.Add(ref _sumTicks, (long)(value * TimeSpan.TicksPerSecond));
    }

    /// <summary>The family with this histogram alone in it.</summary>
    public void WriteFamilyTo(PrometheusText text)
    {
        text.Family(_name);
        WriteTo(text);
    }

    /// <summary>Its samples; the family was begun by the caller.</summary>
    public void WriteTo(PrometheusText text)
    {
        var prefix = _labels.Length > 0 ? _labels + "," : "";
        long cumulative = 0;
        for (var i = 0; i < _counts.Length; i++)
        {
            cumulative += Interlocked.Read(ref _counts[i]);
            var bound = i < _bounds.Length ? _bounds[i].ToString("R", CultureInfo.InvariantCulture) : "+Inf";
            text.Sample(_name + "_bucket", $"{prefix}le=\"{bound}\"", cumulative);
        }

        text.Sample(_name + "_sum", _labels, TimeSpan.FromTicks(Interlocked.Read(ref _sumTicks)).TotalSeconds);
        text.Sample(_name + "_count", _labels, cumulative);
    }
}
