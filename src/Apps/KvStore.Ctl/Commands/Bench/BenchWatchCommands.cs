using KvStore.Ctl.Arguments;
using KvStore.Load.Watching;

namespace KvStore.Ctl.Commands.Bench;

/// <summary>Loads of watchers: how many events a cluster delivers, and how late.</summary>
internal static class BenchWatchCommands
{
    private const string DefaultPrefix = "kvctl-bench-watch/";

    public static Command FanOut { get; } = Definition(
        "watch", "Many watchers of one prefix, and clients that write under it as fast as they are answered", watchers: 1000, streams: 100, rate: "0");

    public static Command Latency { get; } = Definition(
        "watch-latency", "How late events come at a rate that the cluster bears", watchers: 100, streams: 100, rate: "100");

    private static Command Definition(string name, string summary, int watchers, int streams, string rate) => new()
    {
        Name = name,
        Use = name,
        Summary = summary,
        Flags =
        [
            .. BenchFlags.Run.Select(flag => flag.Name == "rate" ? flag with { Default = rate } : flag),
            .. BenchFlags.Keys.Select(flag => flag.Name == "key-prefix" ? flag with { Default = DefaultPrefix } : flag),
            Flag.Integer("watchers", Text(watchers), "watchers in all"),
            Flag.Integer("streams", Text(streams), "streams that the watchers share"),
            Flag.Integer("watch-conns", "10", "connections that the streams share"),
            Flag.Integer("stuck", "0", "further watchers that never read what they are sent"),
        ],
        HasTimeout = false,
        Run = RunAsync,
    };

    private static async Task RunAsync(Invocation call)
    {
        var output = BenchOutput.Of(call);
        var keys = BenchFlags.KeySpaceOf(call);
        if (keys.Prefix.Length == 0)
            throw new CtlException(ExitCode.BadArguments, "--key-prefix must not be empty: everything under it is watched");
        using var watching = await BenchConnections.OpenAsync(call, (int)BenchFlags.Within(call, "watch-conns", 1, 100_000)).ConfigureAwait(false);
        using var stuck = await BenchConnections.OpenAsync(call, watching.Channels.Count, WatchPlan.StuckOptions).ConfigureAwait(false);
        using var writing = await BenchConnections.OpenAsync(call, (int)BenchFlags.Within(call, "conns", 1, 100_000)).ConfigureAwait(false);
        var watchers = (int)BenchFlags.Within(call, "watchers", 1, 10_000_000);
        var plan = new WatchPlan
        {
            Channels = watching.Channels,
            Watchers = watchers,
            Streams = Math.Min(watchers, (int)BenchFlags.Within(call, "streams", 1, 1_000_000)),
            Prefix = keys.Prefix,
            StuckStreams = (int)BenchFlags.Within(call, "stuck", 0, 1_000_000),
            StuckChannels = stuck.Channels,
        };
        var run = new WatchRun(plan, BenchCommands.PlanOf(call, writing.Channels), keys, writing.Options);
        output.Show(await output.WhileAsync(run.Events, run.RunAsync(call.Stopping)).ConfigureAwait(false));
    }

    private static string Text(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
