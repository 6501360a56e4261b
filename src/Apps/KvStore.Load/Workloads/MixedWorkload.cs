using KvStore.Grpc.Client;
using KvStore.Load.Loops;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Load.Workloads;

/// <summary>Linearizable reads of single keys with puts between them.</summary>
public sealed class MixedWorkload(KeySpace keys, CallOptions options, int readPercent) : IWorkload
{
    public string Name => "mixed";

    public ILoadClient ClientOf(int number, LoadPlan plan, Prng random)
    {
        var value = keys.Value(random);
        var put = new RequestTemplate(keys, key => new PutRequest { Key = key, Value = value });
        var range = new RequestTemplate(keys, key => new RangeRequest { Key = key });
        return new UnaryClient(plan.ChannelOf(number), options, () => random.Chance(readPercent, 100)
            ? (RangeWorkload.Path, range.Encode((long)random.Below((ulong)keys.Count)))
            : (PutWorkload.Path, put.Encode((long)random.Below((ulong)keys.Count))));
    }
}
