using Google.Protobuf;
using KvStore.Grpc.Client;
using KvStore.Load.Loops;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Load.Workloads;

/// <summary>Reads ranges: all keys under a prefix, a page of them, or their number.</summary>
/// <param name="name">Of the load.</param>
/// <param name="request">The range; sent as it is, over and over.</param>
/// <param name="options">Of the calls.</param>
public sealed class ListWorkload(string name, RangeRequest request, CallOptions options) : IWorkload
{
    private readonly byte[] _encoded = request.ToByteArray();

    public string Name => name;

    public ILoadClient ClientOf(int number, LoadPlan plan, Prng random) =>
        new UnaryClient(plan.ChannelOf(number), options, () => (RangeWorkload.Path, _encoded));
}
