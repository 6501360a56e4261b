using KvStore.Grpc.Client;
using KvStore.Load.Loops;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Load.Workloads;

/// <summary>Reads a range as a stream of chunks, none of which is kept.</summary>
public sealed class RangeStreamWorkload(RangeRequest request, CallOptions options) : IWorkload
{
    private const string Path = "/etcdserverpb.KV/RangeStream";

    public string Name => "range stream";

    public ILoadClient ClientOf(int number, LoadPlan plan, Prng random) => new Client(plan.ChannelOf(number), request, options);

    private sealed class Client(GrpcChannel channel, RangeRequest request, CallOptions options) : ILoadClient
    {
        public async ValueTask<long> CallAsync(CancellationToken cancellationToken)
        {
            using var stream = channel.ServerStreaming(Path, request, RangeStreamResponse.Parser, options, cancellationToken);
            long bytes = 0;
            while (await stream.MoveNextAsync(cancellationToken).ConfigureAwait(false))
                bytes += stream.Current.CalculateSize();
            return bytes;
        }

        public void Dispose()
        {
        }
    }
}
