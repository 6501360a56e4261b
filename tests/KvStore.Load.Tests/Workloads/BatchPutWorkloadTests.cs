using KvStore.Grpc.Client;
using KvStore.Load.Workloads;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Load.Tests.Workloads;

public sealed class BatchPutWorkloadTests
{
    [Theory]
    [InlineData(250, 256, 3)] // 100 puts each: servers refuse more than 128 operations
    [InlineData(50, 10_240, 2)] // 25 each: no transaction is larger than a quarter of a mebibyte
    [InlineData(2, 1_048_576, 2)]
    public void Batches_WriteEveryKeyOnce(long count, int valueBytes, long calls)
    {
        var keys = new KeySpace { Prefix = "b/", Count = count, ValueBytes = valueBytes };
        var batches = new BatchPutWorkload(keys, new CallOptions());
        var random = new Prng(1);

        var puts = Enumerable.Range(0, (int)batches.Calls)
            .SelectMany(number => TxnRequest.Parser.ParseFrom(batches.Batch(number, random)).Success)
            .Select(operation => operation.RequestPut)
            .ToList();

        Assert.Equal(calls, batches.Calls);
        Assert.Equal(Enumerable.Range(0, (int)count).Select(number => keys.Key(number)), puts.Select(put => put.Key));
        Assert.All(puts, put => Assert.Equal(valueBytes, put.Value.Length));
        Assert.Equal(puts.Count, puts.Select(put => put.Value).Distinct().Count());
    }
}
