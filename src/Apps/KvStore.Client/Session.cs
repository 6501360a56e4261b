using KvStore.Grpc;
using KvStore.Protocol.Etcd;

namespace KvStore.Client;

/// <summary>
/// A lease that is kept alive as long as the session is open: what is put with it goes with its owner. Disposing stops the
/// renewals; the lease then lives out its time, as with etcd's client.
/// </summary>
public sealed class Session : IAsyncDisposable
{
    private readonly CancellationTokenSource _closing = new();

    private Session(KvClient client, long lease)
    {
        Lease = lease;
        Lost = KeepAsync(client, lease, _closing.Token);
    }

    public long Lease { get; }

    /// <summary>Completes when the lease is gone, or when the session is closed.</summary>
    public Task Lost { get; }

    /// <param name="client">The client, which outlives the session.</param>
    /// <param name="ttlSeconds">How long the lease lives without its owner.</param>
    /// <param name="cancellationToken">Ends the opening, not the session.</param>
    public static async Task<Session> OpenAsync(KvClient client, long ttlSeconds, CancellationToken cancellationToken = default)
    {
        var granted = await client.Lease.GrantAsync(new LeaseGrantRequest { TTL = ttlSeconds }, cancellationToken).ConfigureAwait(false);
        return new Session(client, granted.ID);
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        await Lost.ConfigureAwait(false);
        _closing.Dispose();
    }

    private static async Task KeepAsync(KvClient client, long lease, CancellationToken closing)
    {
        try
        {
            await foreach (var answer in client.Lease.KeepAliveAsync(lease, closing).ConfigureAwait(false))
                _ = answer;
        }
        catch (Exception ended) when (ended is OperationCanceledException or GrpcException)
        {
            // Closed, or refused for good: either way nobody renews the lease any more.
        }
    }
}
