using Google.Protobuf;
using KvStore.Benchmarks.Load;
using KvStore.Benchmarks.Measures;
using KvStore.Load.Loops;
using KvStore.Load.Workloads;
using KvStore.Protocol.Etcd;

namespace KvStore.Benchmarks.Rows;

/// <summary>Single keys: put, range and transaction, by few and by many clients.</summary>
internal static class CallRows
{
    public const string PutByMany = "put 256 B, 1,000 clients on 100 connections";

    private static readonly KeySpace Keys = new();

    /// <summary>The keys that fresh servers hold before any row of these groups.</summary>
    public static KeySpace Filled => Keys;

    public static IEnumerable<Row> OneMember() =>
    [
        Many(PutByMany, Put) with { Targets = [Target.AtLeast(Aspect.Ratio, 1.15), Target.AtMost(Aspect.CpuRatio, 0.45)] },
        Cheap("put 256 B, h2load", "/etcdserverpb.KV/Put", PutRequest()) with { Targets = [Target.AtLeast(Aspect.Ratio, 2.2), Target.AtMost(Aspect.CpuRatio, 0.45)] },
        One("put 256 B, 1 client", Put) with { Targets = Lone },
        new Row("put 256 B, 1 client, h2load", Unit.PerSecond, run => H2Load.LoneAsync(run, "/etcdserverpb.KV/Put", PutRequest())) { Targets = Lone, Note = "one request over and over" },
        Many("range of one key, linearizable, 1,000 clients on 100 connections", Range) with { Targets = Reads },
        Cheap("range of one key, linearizable, h2load", "/etcdserverpb.KV/Range", new RangeRequest { Key = Keys.Key(1) }) with { Targets = Reads },
        Many("range of one key, serializable, 1,000 clients on 100 connections", SerializableRange) with { Targets = Reads },
        Cheap("range of one key, serializable, h2load", "/etcdserverpb.KV/Range", new RangeRequest { Key = Keys.Key(1), Serializable = true }) with { Targets = Reads },
        Many("txn (compare mod revision, put, else range), 1,000 clients on 100 connections", Txn) with { Targets = [Target.AtLeast(Aspect.Ratio, 2)] },
        One("txn, 1 client", Txn),
        One("range of one key, linearizable, 1 client", Range),
        AtHalfOfSaturation(),
    ];

    public static IEnumerable<Row> ThreeMembers() =>
    [
        Many("put 256 B, 1,000 clients on 100 connections to the first member", Put) with { Targets = [Target.AtLeast(Aspect.Ratio, 1.8)] },
        new Row("put 256 B, 1,000 clients on 100 connections to all three", Unit.PerSecond, run => ClusterLoad.RateAsync(run, Put, 1000, 100, members: 3)) { Targets = [Target.AtLeast(Aspect.Ratio, 1.8)] },
        Cheap("put 256 B, h2load", "/etcdserverpb.KV/Put", PutRequest()) with { Targets = [Target.AtLeast(Aspect.Ratio, 1.8)] },
        One("put 256 B, 1 client", Put),
        Many("range of one key, linearizable, 1,000 clients on 100 connections", Range),
        One("range of one key, linearizable, 1 client", Range),
        Many("txn, 1,000 clients on 100 connections", Txn),
        One("txn, 1 client", Txn),
    ];

    private static IReadOnlyList<Target> Lone => [Target.AtLeast(Aspect.Ratio, 1.6), Target.AtMost(Aspect.P99Ratio, 0.7)];

    private static IReadOnlyList<Target> Reads => [Target.AtLeast(Aspect.Ratio, 2), Target.AtMost(Aspect.CpuRatio, 0.5)];

    private static Row Many(string name, Func<LoadPlan, IWorkload> load) => new(name, Unit.PerSecond, run => ClusterLoad.RateAsync(run, load, 1000, 100));

    private static Row One(string name, Func<LoadPlan, IWorkload> load) => new(name, Unit.PerSecond, run => ClusterLoad.RateAsync(run, load, 1, 1));

    private static Row Cheap(string name, string path, IMessage request) =>
        new(name, Unit.PerSecond, run => H2Load.RateAsync(run, path, request)) { Note = "20 connections with 25 streams each, one request over and over" };

    private static Row AtHalfOfSaturation() =>
        new("put 256 B at half of the rate that saturates etcd: 99.9th percentile", Unit.Milliseconds,
            run => ClusterLoad.LatencyAsync(run, Put, 99.9, 200, 20, run.EtcdFigure(PutByMany) / 2))
        {
            Targets = [Target.AtMost(Aspect.Ratio, 0.8)],
            Note = "200 clients; latency from when a call was due",
        };

    private static PutRequest PutRequest() => new() { Key = Keys.Key(1), Value = Keys.Value(new Primitives.Prng(1)) };

    private static PutWorkload Put(LoadPlan plan) => new(Keys, ClusterLoad.Options);

    private static RangeWorkload Range(LoadPlan plan) => new(Keys, ClusterLoad.Options, isSerializable: false);

    private static RangeWorkload SerializableRange(LoadPlan plan) => new(Keys, ClusterLoad.Options, isSerializable: true);

    private static TxnWorkload Txn(LoadPlan plan) => new(Keys, plan, ClusterLoad.Options);
}
