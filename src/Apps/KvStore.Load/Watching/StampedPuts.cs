using KvStore.Grpc.Client;
using KvStore.Load.Loops;
using KvStore.Load.Workloads;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Load.Watching;

/// <summary>Puts whose values say when they were written.</summary>
internal sealed class StampedPuts(KeySpace keys, CallOptions options, TimeProvider time) : IWorkload
{
    public string Name => "put (watched)";

    public ILoadClient ClientOf(int number, LoadPlan plan, Prng random)
    {
        // The stamp in the template shows where each call's own has to be written.
        var value = (keys with { ValueBytes = Math.Max(keys.ValueBytes, EventStamp.Length) }).Value(random).ToByteArray();
        EventStamp.Write(value, time.GetTimestamp());
        var template = new RequestTemplate(keys, key => new PutRequest { Key = key, Value = Google.Protobuf.ByteString.CopyFrom(value) });
        var stampAt = template.Encode(0).AsSpan().IndexOf(value.AsSpan(0, EventStamp.Length));
        return new UnaryClient(plan.ChannelOf(number), options, () =>
        {
            var request = template.Encode((long)random.Below((ulong)keys.Count));
            EventStamp.Write(request.AsSpan(stampAt), time.GetTimestamp());
            return (PutWorkload.Path, request);
        });
    }
}
