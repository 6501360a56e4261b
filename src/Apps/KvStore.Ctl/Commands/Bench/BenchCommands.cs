using KvStore.Client;
using KvStore.Ctl.Arguments;
using KvStore.Grpc.Client;
using KvStore.Load.Loops;
using KvStore.Load.Workloads;
using KvStore.Protocol.Etcd;

namespace KvStore.Ctl.Commands.Bench;

/// <summary>`kvctl bench`: loads for any endpoint of etcd's API.</summary>
internal static class BenchCommands
{
    private static readonly Flag Consistency = Flag.Text("consistency", "l", "linearizable (l) or serializable (s) reads");

    public static Command Group { get; } = new()
    {
        Name = "bench",
        Use = "bench <subcommand>",
        Summary = "Measures a cluster under load",
        Children =
        [
            Load("put", "Puts values of one size", [.. BenchFlags.Keys, Flag.Boolean("sequential-keys", "one key after the other instead of random ones")],
                (call, keys, options, _) => new PutWorkload(keys, options, call.Flags.Boolean("sequential-keys"))),
            Load("range", "Reads single keys", [.. BenchFlags.Keys, Consistency],
                (call, keys, options, _) => new RangeWorkload(keys, options, IsSerializable(call))),
            Load("txn", "Puts keys whose mod revision is the one last seen, else reads them", BenchFlags.Keys,
                (_, keys, options, plan) => new TxnWorkload(keys, plan, options)),
            Load("mixed", "Reads single keys, with puts between", [.. BenchFlags.Keys, Flag.Integer("read-percent", "90", "share of reads")],
                (call, keys, options, _) => new MixedWorkload(keys, options, (int)BenchFlags.Within(call, "read-percent", 0, 100))),
            Load("list", "Reads all keys of a prefix, a page of them, or their number",
                [
                    Flag.Text("key-prefix", "", "of the keys (empty: all keys)"), Consistency,
                    Flag.Integer("limit", "0", "keys per answer (0: all)"), Flag.Integer("rev", "0", "at this revision (0: the newest)"),
                    Flag.Boolean("count-only", "their number only"), Flag.Boolean("stream", "by RangeStream"),
                ], List),
            Load("lease-keepalive", "Keeps leases alive, each client on a stream of its own",
                [Flag.Integer("leases", "1000", "number of leases"), Flag.Duration("ttl", "60s", "their time to live")],
                (call, _, options, _) => new KeepAliveWorkload((int)BenchFlags.Within(call, "leases", 1, 10_000_000), BenchFlags.Time(call, "ttl"), options)),
            BenchWatchCommands.FanOut,
            BenchWatchCommands.Latency,
        ],
    };

    private static Command Load(
        string name, string summary, IReadOnlyList<Flag> flags, Func<Invocation, KeySpace, CallOptions, LoadPlan, IWorkload> workload) => new()
    {
        Name = name,
        Use = name,
        Summary = summary,
        Flags = [.. BenchFlags.Run, .. flags],
        HasTimeout = false,
        Run = call => RunAsync(call, flags.Any(flag => flag.Name == "key-space"), workload),
    };

    private static async Task RunAsync(Invocation call, bool hasKeys, Func<Invocation, KeySpace, CallOptions, LoadPlan, IWorkload> workload)
    {
        var output = BenchOutput.Of(call);
        var keys = hasKeys ? BenchFlags.KeySpaceOf(call) : new KeySpace();
        var conns = (int)BenchFlags.Within(call, "conns", 1, 100_000);
        using var connections = await BenchConnections.OpenAsync(call, conns).ConfigureAwait(false);
        var plan = PlanOf(call, connections.Channels);
        var run = new LoadRun(workload(call, keys, connections.Options, plan), plan);
        output.Show(await output.WhileAsync(run.Tally, run.RunAsync(call.Stopping)).ConfigureAwait(false));
    }

    internal static LoadPlan PlanOf(Invocation call, IReadOnlyList<GrpcChannel> channels) => new()
    {
        Channels = channels,
        Clients = (int)BenchFlags.Within(call, "clients", 1, 1_000_000),
        Duration = BenchFlags.Time(call, "duration"),
        WarmUp = BenchFlags.Time(call, "warm-up"),
        Total = BenchFlags.Within(call, "total", 0, long.MaxValue) is > 0 and var total ? total : null,
        RatePerSecond = BenchFlags.Rate(call),
        Seed = (ulong)call.Flags.Integer("seed"),
    };

    private static IWorkload List(Invocation call, KeySpace keys, CallOptions options, LoadPlan plan)
    {
        var range = KeyRange.Prefix(GoText.ToBytes(call.Flags.Text("key-prefix")));
        var request = new RangeRequest
        {
            Key = range.Key,
            RangeEnd = range.End,
            Limit = BenchFlags.Within(call, "limit", 0, long.MaxValue),
            Revision = BenchFlags.Within(call, "rev", 0, long.MaxValue),
            CountOnly = call.Flags.Boolean("count-only"),
            Serializable = IsSerializable(call),
        };
        return call.Flags.Boolean("stream")
            ? new RangeStreamWorkload(request, options)
            : new ListWorkload(request.CountOnly ? "count" : request.Limit > 0 ? "page" : "list", request, options);
    }

    private static bool IsSerializable(Invocation call) => call.Flags.Text("consistency") switch
    {
        "l" => false,
        "s" => true,
        var other => throw new CtlException(ExitCode.BadArguments, $"unknown consistency flag {GoText.Quote(other)}"),
    };
}
