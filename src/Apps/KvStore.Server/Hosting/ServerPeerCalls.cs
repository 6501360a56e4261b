using KvStore.Api.Members;
using KvStore.PeerTransport;
using KvStore.Primitives;

namespace KvStore.Server.Hosting;

/// <summary>Joins the services' calls to other members with the peer transport.</summary>
internal sealed class ServerPeerCalls(PeerNetwork network) : IPeerCalls
{
    /// <summary>A call to the leader is given up after this; the caller asks again, perhaps another leader.</summary>
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(5);

    public static void Handle(PeerNetwork network, PeerCalls calls)
    {
        foreach (var method in PeerCalls.Methods)
            network.Handle(method, (_, request, _) => calls.AnswerAsync(method, request));
    }

    public async ValueTask<ReadOnlyMemory<byte>> CallAsync(MemberId to, string method, ReadOnlyMemory<byte> request, CancellationToken cancellationToken) =>
        await network.CallAsync(to, method, request, CallTimeout, cancellationToken).ConfigureAwait(false);

    public TimeSpan? ConnectedFor(MemberId member) => network.ConnectedFor(member);
}
