using KvStore.Ctl.Arguments;
using KvStore.Load.Workloads;

namespace KvStore.Ctl.Commands.Bench;

/// <summary>The flags of `kvctl bench`, and what they say about a run.</summary>
internal static class BenchFlags
{
    public static IReadOnlyList<Flag> Run { get; } =
    [
        Flag.Integer("clients", "1", "callers that each have one call under way"),
        Flag.Integer("conns", "1", "connections that the clients share, spread over the endpoints"),
        Flag.Duration("duration", "10s", "measured time"),
        Flag.Duration("warm-up", "2s", "the same load before anything is measured"),
        Flag.Integer("total", "0", "calls after which the run ends, instead of a duration (0: none)"),
        Flag.Text("rate", "0", "calls per second of all clients together; latency then counts from when a call was due (0: as fast as answers come)"),
        Flag.Integer("seed", "1", "the same seed sends the same requests"),
        Flag.Text("report", "", "also write a page with charts to this file"),
    ];

    public static IReadOnlyList<Flag> Keys { get; } =
    [
        Flag.Text("key-prefix", "", "put before every key"),
        Flag.Integer("key-size", "16", "bytes of a key, without the prefix"),
        Flag.Integer("key-space", "10000", "number of different keys"),
        Flag.Integer("val-size", "256", "bytes of a value"),
    ];

    public static KeySpace KeySpaceOf(Invocation call) => new()
    {
        Prefix = GoText.ToUnicode(call.Flags.Text("key-prefix")),
        KeyBytes = (int)Within(call, "key-size", 1, 1024),
        Count = Within(call, "key-space", 1, 1_000_000_000),
        ValueBytes = (int)Within(call, "val-size", 0, 64 * 1024 * 1024),
    };

    /// <summary>A number, or an error that names its bounds.</summary>
    public static long Within(Invocation call, string flag, long min, long max)
    {
        var value = call.Flags.Integer(flag);
        return value >= min && value <= max
            ? value
            : throw new CtlException(ExitCode.BadArguments, $"--{flag} must be from {min} to {max}, not {value}");
    }

    public static TimeSpan Time(Invocation call, string flag)
    {
        var value = call.Flags.Duration(flag);
        return value >= TimeSpan.Zero && value <= TimeSpan.FromDays(1)
            ? value
            : throw new CtlException(ExitCode.BadArguments, $"--{flag} must be from 0s to 24h");
    }

    public static double? Rate(Invocation call)
    {
        var text = call.Flags.Text("rate");
        if (!double.TryParse(text, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out var rate) || !(rate >= 0) || rate > 1e9)
            throw new CtlException(ExitCode.BadArguments, $"--rate must be a number of calls per second, not {GoText.Quote(text)}");
        return rate == 0 ? null : rate;
    }
}
