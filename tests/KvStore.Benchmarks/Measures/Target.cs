using System.Globalization;

namespace KvStore.Benchmarks.Measures;

/// <summary>What a row is to reach.</summary>
/// <param name="Aspect">Of what.</param>
/// <param name="Bound">The least, or the most.</param>
/// <param name="IsLeast">Whether the bound is from below.</param>
internal sealed record Target(Aspect Aspect, double Bound, bool IsLeast)
{
    public static Target AtLeast(Aspect aspect, double bound) => new(aspect, bound, IsLeast: true);

    public static Target AtMost(Aspect aspect, double bound) => new(aspect, bound, IsLeast: false);

    public bool IsMet(double value) => IsLeast ? value >= Bound : value <= Bound;

    /// <summary>As the report shows it.</summary>
    public string Text => string.Create(CultureInfo.InvariantCulture, $"{Name}{(IsLeast ? "≥" : "≤")} {Bound:0.##}");

    private string Name => Aspect switch
    {
        Aspect.Ratio => "ratio ",
        Aspect.CpuRatio => "CPU ",
        Aspect.P99Ratio => "p99 ",
        Aspect.P999Ratio => "p99.9 ",
        Aspect.Growth => "memory growth in MB ",
        Aspect.Peak => "peak in MB ",
        _ => "",
    };
}
