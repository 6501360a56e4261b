using KvStore.Benchmarks.Load;
using KvStore.Benchmarks.Servers;

namespace KvStore.Benchmarks;

/// <summary>One line of the comparison.</summary>
internal sealed record Row(string Name, int Members, Operation Operation, int Clients, int Connections, bool ByH2Load)
{
    public static IReadOnlyList<Row> All { get; } = [.. Make()];

    public Task<LoadResult> RunAsync(MeasuredCluster cluster, BenchmarkOptions options)
    {
        if (!ByH2Load)
            return ClosedLoop.RunAsync(cluster, Operation, Clients, Connections, options);
        var body = Path.Combine(cluster.Folder, "body");
        H2Load.WriteBody(body, Requests.Encode(Operation, Requests.Key(1), Requests.Value(1)));
        return H2Load.RunAsync(cluster, Operation, body, options);
    }

    private static IEnumerable<Row> Make()
    {
        (Operation Operation, string Name)[] operations =
        [
            (Operation.Put, "put 256 B"),
            (Operation.RangeLinearizable, "range, linearizable"),
            (Operation.RangeSerializable, "range, serializable"),
            (Operation.TxnPut, "txn (compare, put, else range)"),
        ];
        foreach (var members in new[] { 1, 3 })
        {
            foreach (var (operation, name) in operations)
            {
                yield return new Row($"{name}, 1 client", members, operation, 1, 1, ByH2Load: false);
                yield return new Row($"{name}, 1,000 clients on 100 connections", members, operation, 1000, 100, ByH2Load: false);
                yield return new Row($"{name}, h2load (20 connections, 25 streams each)", members, operation, 500, 20, ByH2Load: true);
            }
        }
    }
}
