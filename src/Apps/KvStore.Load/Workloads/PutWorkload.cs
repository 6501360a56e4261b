using KvStore.Grpc.Client;
using KvStore.Load.Loops;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Load.Workloads;

/// <summary>Puts values of one size.</summary>
public sealed class PutWorkload(KeySpace keys, CallOptions options, bool isSequential = false) : IWorkload
{
    internal const string Path = "/etcdserverpb.KV/Put";

    private readonly KeySequence _sequence = new(keys, isSequential);

    public string Name => "put";

    public ILoadClient ClientOf(int number, LoadPlan plan, Prng random)
    {
        var value = keys.Value(random);
        var template = new RequestTemplate(keys, key => new PutRequest { Key = key, Value = value });
        return new UnaryClient(plan.ChannelOf(number), options, () => (Path, template.Encode(_sequence.Next(random))));
    }
}
