using System.Globalization;
using KvStore.Benchmarks.Rows;
using KvStore.Testing.Processes;

namespace KvStore.Benchmarks;

/// <summary>What the command line may say.</summary>
internal sealed record BenchmarkOptions
{
    /// <summary>How often each side runs each row, unless the row says less; medians are quoted.</summary>
    public int Rounds { get; init; } = 5;

    /// <summary>The same load before it is measured: a server compiled at run time has its hot code by then, which a server in use always has.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The same where servers live through a row's rounds: what is hot is compiled, and the first tables are merged, after about so long.</summary>
    public TimeSpan FirstWarmUp => WarmUp * 2.5;

    /// <summary>And before its other rounds: the connections are new.</summary>
    public TimeSpan AgainWarmUp => WarmUp / 2;

    /// <summary>Measured time of one run: five rounds of all rows are then over within 40 minutes.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(2.5);

    /// <summary>After this time every row has one round: a machine slower than expected still ends within 40 minutes, and the page says the rounds.</summary>
    public TimeSpan RoundsLimit { get; init; } = TimeSpan.FromMinutes(34);

    /// <summary>How long a load runs beside a burden that is done once (compaction, defragmentation), so that the burden ends within.</summary>
    public TimeSpan BurdenTime { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Only rows whose name contains this.</summary>
    public string Only { get; init; } = "";

    public string EtcdPath { get; init; } = "";

    public string ServerPath { get; init; } = Checkout.Server;

    public string OutputPath { get; init; } = "";

    /// <summary>Whether the large stores are compared, which take hours and have a page of their own.</summary>
    public bool IsLarge { get; init; }

    /// <summary>Of the group that starts on many keys.</summary>
    public long ManyKeys { get; init; } = 10_000_000;

    /// <summary>Of the group on disk; null for 50, or what the disk holds.</summary>
    public double? DiskGigabytes { get; init; }

    /// <summary>The command's word before its options, empty for the usual one.</summary>
    public string Command => IsLarge ? "large " : "";

    public static BenchmarkOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = new BenchmarkOptions();
        for (var i = 0; i < arguments.Count; i++)
        {
            string Next() => i + 1 < arguments.Count ? arguments[++i] : throw new ArgumentException($"{arguments[i]} needs a value");
            options = arguments[i] switch
            {
                "compare" => options,
                "large" => options with { IsLarge = true },
                "--keys" => options with { ManyKeys = long.Parse(Next(), CultureInfo.InvariantCulture) },
                "--gigabytes" => options with { DiskGigabytes = double.Parse(Next(), CultureInfo.InvariantCulture) },
                "--rounds" => options with { Rounds = int.Parse(Next(), CultureInfo.InvariantCulture) },
                "--seconds" => options with { Duration = TimeSpan.FromSeconds(double.Parse(Next(), CultureInfo.InvariantCulture)) },
                "--warm-up" => options with { WarmUp = TimeSpan.FromSeconds(double.Parse(Next(), CultureInfo.InvariantCulture)) },
                "--only" => options with { Only = Next() },
                "--etcd" => options with { EtcdPath = Next() },
                "--server" => options with { ServerPath = Next() },
                "--output" => options with { OutputPath = Next() },
                var other => throw new ArgumentException($"unknown argument {other}; known: compare|large [--keys N --gigabytes N] --rounds N --seconds S --warm-up S --only TEXT --etcd PATH --server PATH --output FILE"),
            };
        }

        return options with
        {
            EtcdPath = options.EtcdPath.Length > 0 ? options.EtcdPath : Checkout.Etcd,
            OutputPath = options.OutputPath.Length > 0 ? options.OutputPath : Path.Combine(Checkout.Root, options.IsLarge ? "docs/BENCHMARKS-LARGE.md" : "docs/BENCHMARKS.md"),
        };
    }

    public Task<int> RunAsync() => new Comparison(this).RunAsync(IsLarge ? LargeStoreRows.Groups(this) : AllRows.Groups);
}
