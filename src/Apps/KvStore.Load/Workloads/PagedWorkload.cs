using Google.Protobuf;
using KvStore.Grpc.Client;
using KvStore.Load.Loops;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Load.Workloads;

/// <summary>Reads a whole range page by page, as clients of servers without RangeStream do; a call is the whole range.</summary>
/// <param name="request">The range.</param>
/// <param name="pageKeys">Keys of a page.</param>
/// <param name="options">Of the calls.</param>
public sealed class PagedWorkload(RangeRequest request, long pageKeys, CallOptions options) : IWorkload
{
    public string Name => "pages";

    public ILoadClient ClientOf(int number, LoadPlan plan, Prng random) => new Client(plan.ChannelOf(number), request, pageKeys, options);

    private sealed class Client(GrpcChannel channel, RangeRequest range, long pageKeys, CallOptions options) : ILoadClient
    {
        public async ValueTask<long> CallAsync(CancellationToken cancellationToken)
        {
            var page = new RangeRequest(range) { Limit = pageKeys };
            long bytes = 0;
            while (true)
            {
                var answer = await channel.UnaryAsync(RangeWorkload.Path, page.ToByteArray(), options, cancellationToken).ConfigureAwait(false);
                bytes += answer.Length;
                var found = RangeResponse.Parser.ParseFrom(answer.Span);
                if (!found.More)
                    return bytes;
                // All pages are of one revision, each from just behind the last key.
                page.Revision = page.Revision == 0 ? found.Header.Revision : page.Revision;
                page.Key = ByteString.CopyFrom([.. found.Kvs[^1].Key.Span, 0]);
            }
        }

        public void Dispose()
        {
        }
    }
}
