using KvStore.Grpc.Client;
using KvStore.Load.Loops;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Load.Workloads;

/// <summary>Reads single keys.</summary>
public sealed class RangeWorkload(KeySpace keys, CallOptions options, bool isSerializable) : IWorkload
{
    internal const string Path = "/etcdserverpb.KV/Range";

    public string Name => isSerializable ? "range serializable" : "range linearizable";

    public ILoadClient ClientOf(int number, LoadPlan plan, Prng random)
    {
        var template = new RequestTemplate(keys, key => new RangeRequest { Key = key, Serializable = isSerializable });
        return new UnaryClient(plan.ChannelOf(number), options, () => (Path, template.Encode((long)random.Below((ulong)keys.Count))));
    }
}
