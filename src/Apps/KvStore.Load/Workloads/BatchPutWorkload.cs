using Google.Protobuf;
using KvStore.Grpc.Client;
using KvStore.Load.Loops;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Load.Workloads;

/// <summary>Writes all keys of a space, a transaction for each so many of them: the fast way to fill a store. Every value is its own.</summary>
public sealed class BatchPutWorkload(KeySpace keys, CallOptions options) : IWorkload
{
    /// <summary>Puts of a transaction: below the 128 operations that servers allow by default.</summary>
    public const int PutsMax = 100;

    /// <summary>Bytes of a transaction's values: well below the 1.5 MiB that servers allow by default, and not so large that one holds up others.</summary>
    private const int BatchBytes = 256 * 1024;

    private readonly int _puts = Math.Clamp(BatchBytes / Math.Max(1, keys.ValueBytes), 1, PutsMax);
    private long _next = -1;

    public string Name => "batches of puts";

    /// <summary>Calls that write every key once.</summary>
    public long Calls => (keys.Count + _puts - 1) / _puts;

    public ILoadClient ClientOf(int number, LoadPlan plan, Prng random) =>
        new UnaryClient(plan.ChannelOf(number), options, () => (TxnWorkload.Path, Batch(Interlocked.Increment(ref _next) % Calls, random)));

    internal byte[] Batch(long number, Prng random)
    {
        var request = new TxnRequest();
        var end = Math.Min(keys.Count, (number + 1) * _puts);
        for (var key = number * _puts; key < end; key++)
            request.Success.Add(new RequestOp { RequestPut = new PutRequest { Key = keys.Key(key), Value = keys.Value(random) } });
        return request.ToByteArray();
    }
}
