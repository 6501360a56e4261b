using KvStore.Client;
using KvStore.Grpc;
using KvStore.Load.Loops;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Ctl.Commands.Checks;

/// <summary>
/// Puts keys that nobody has, as an application puts them: each client has its own connections and goes to another member when one does
/// not answer.
/// </summary>
internal sealed class CheckPuts(IReadOnlyList<KvClient> clients, CheckKeys keys) : IWorkload
{
    public string Name => "put";

    public ILoadClient ClientOf(int number, LoadPlan plan, Prng random) => new Client(clients[number], keys);

    public string ReasonOf(GrpcException failed) => ErrorText.Of(failed);

    /// <summary>All clients; a put that was sent is waited for, so that none comes after the keys are deleted.</summary>
    public LoadPlan Plan(TimeProvider time) => new() { Clients = clients.Count, FinishesCalls = true, Time = time };

    // The client is its owner's, and outlives the load.
    private sealed class Client(KvClient client, CheckKeys keys) : ILoadClient
    {
        public async ValueTask<long> CallAsync(CancellationToken cancellationToken) =>
            (await client.Kv.PutAsync(new PutRequest { Key = keys.Next(), Value = keys.Value }, cancellationToken).ConfigureAwait(false)).CalculateSize();

        public void Dispose()
        {
        }
    }
}
