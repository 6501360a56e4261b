using Google.Protobuf;
using KvStore.Grpc.Client;
using KvStore.Load.Loops;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Load.Workloads;

/// <summary>
/// What control planes write: put a key if its mod revision is the one last seen, else read it. Every client has keys of its own, so
/// that after the first round every transaction finds what it expects.
/// </summary>
public sealed class TxnWorkload(KeySpace keys, LoadPlan plan, CallOptions options) : IWorkload
{
    internal const string Path = "/etcdserverpb.KV/Txn";

    public string Name => "txn";

    public ILoadClient ClientOf(int number, LoadPlan plan, Prng random) => new Client(number, this, plan.ChannelOf(number), random);

    private sealed class Client(int number, TxnWorkload load, GrpcChannel channel, Prng random) : ILoadClient
    {
        private readonly ByteString _value = load.Keys.Value(random);
        private readonly Dictionary<long, long> _modRevisions = [];

        public async ValueTask<long> CallAsync(CancellationToken cancellationToken)
        {
            var own = Math.Max(1, load.Keys.Count / load.Clients);
            var key = (number * own % load.Keys.Count) + (long)random.Below((ulong)own);
            var request = Request(load.Keys.Key(key), _modRevisions.GetValueOrDefault(key));
            var bytes = await channel.UnaryAsync(Path, request, load.Options, cancellationToken).ConfigureAwait(false);
            var answer = TxnResponse.Parser.ParseFrom(bytes.Span);
            _modRevisions[key] = answer.Succeeded
                ? answer.Header.Revision
                : answer.Responses[0].ResponseRange.Kvs is [var found, ..] ? found.ModRevision : 0;
            return bytes.Length;
        }

        public void Dispose()
        {
        }

        private byte[] Request(ByteString key, long modRevision) => new TxnRequest
        {
            Compare = { new Compare { Key = key, Target = Compare.Types.CompareTarget.Mod, Result = Compare.Types.CompareResult.Equal, ModRevision = modRevision } },
            Success = { new RequestOp { RequestPut = new PutRequest { Key = key, Value = _value } } },
            Failure = { new RequestOp { RequestRange = new RangeRequest { Key = key } } },
        }.ToByteArray();
    }

    private KeySpace Keys => keys;

    private int Clients => plan.Clients;

    private CallOptions Options => options;
}
