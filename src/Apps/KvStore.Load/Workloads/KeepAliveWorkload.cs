using System.Collections.Concurrent;
using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Load.Loops;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Load.Workloads;

/// <summary>Keeps leases alive, each client on a stream of its own, one lease after the other.</summary>
public sealed class KeepAliveWorkload(int leases, TimeSpan timeToLive, CallOptions options) : IWorkload
{
    private const string KeepAlivePath = "/etcdserverpb.Lease/LeaseKeepAlive";
    private const string GrantPath = "/etcdserverpb.Lease/LeaseGrant";

    /// <summary>Grants under way at once while the leases are made.</summary>
    private const int GrantsAtOnce = 128;

    private long[] _granted = [];

    public string Name => "lease keep-alive";

    public async Task PrepareAsync(LoadPlan plan, CancellationToken cancellationToken)
    {
        var granted = new ConcurrentBag<long>();
        var request = new LeaseGrantRequest { TTL = (long)timeToLive.TotalSeconds };
        await Parallel.ForEachAsync(Enumerable.Range(0, leases), new ParallelOptions { MaxDegreeOfParallelism = GrantsAtOnce, CancellationToken = cancellationToken },
            async (number, token) => granted.Add((await plan.Channels[number % plan.Channels.Count]
                .UnaryAsync(GrantPath, request, LeaseGrantResponse.Parser, options, token).ConfigureAwait(false)).ID)).ConfigureAwait(false);
        _granted = [.. granted];
    }

    public ILoadClient ClientOf(int number, LoadPlan plan, Prng random) => new Client(_granted, random, plan.ChannelOf(number), options);

    private sealed class Client(long[] leases, Prng random, GrpcChannel channel, CallOptions options) : ILoadClient
    {
        private DuplexCall<LeaseKeepAliveRequest, LeaseKeepAliveResponse>? _stream;

        public async ValueTask<long> CallAsync(CancellationToken cancellationToken)
        {
            _stream ??= channel.Duplex<LeaseKeepAliveRequest, LeaseKeepAliveResponse>(KeepAlivePath, LeaseKeepAliveResponse.Parser, options, cancellationToken);
            var lease = leases[random.Below(leases.Length)];
            try
            {
                await _stream.WriteAsync(new LeaseKeepAliveRequest { ID = lease }, cancellationToken).ConfigureAwait(false);
                if (!await _stream.MoveNextAsync(cancellationToken).ConfigureAwait(false))
                    throw new GrpcException(StatusCode.Unavailable, "the stream has ended");
            }
            catch (GrpcException)
            {
                _stream.Dispose();
                _stream = null;
                throw;
            }

            return _stream.Current.TTL > 0 ? _stream.Current.CalculateSize() : throw new GrpcException(StatusCode.NotFound, "the lease has expired");
        }

        public void Dispose() => _stream?.Dispose();
    }
}
