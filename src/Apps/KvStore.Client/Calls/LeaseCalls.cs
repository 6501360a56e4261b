using System.Runtime.CompilerServices;
using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Client;

/// <summary>
/// Leases and keeping them alive. A lease that should live as long as its owner is a <see cref="Session"/>. Thread-safe.
/// </summary>
public sealed class LeaseCalls
{
    /// <summary>etcd's text for a keep-alive that found no lease: the server says so with a TTL of zero.</summary>
    public const string NotFound = "etcdserver: requested lease not found";

    private const string Service = "/etcdserverpb.Lease/";
    private readonly CallSender _sender;
    private readonly KeyPrefix _prefix;

    internal LeaseCalls(CallSender sender, KeyPrefix prefix)
    {
        _sender = sender;
        _prefix = prefix;
    }

    /// <summary>Makes a lease that nobody renews: what is put with it goes when its time is over.</summary>
    /// <param name="timeToLive">Its time, in whole seconds (rounded up); the server may make it longer.</param>
    /// <param name="cancellationToken">Ends the waiting; the lease may then exist and lives out its time.</param>
    /// <exception cref="GrpcException">It was refused, or its outcome is unknown.</exception>
    public async Task<LeaseId> GrantAsync(TimeSpan timeToLive, CancellationToken cancellationToken = default)
    {
        var answer = await GrantAsync(new LeaseGrantRequest { TTL = Seconds(timeToLive) }, cancellationToken).ConfigureAwait(false);
        return new LeaseId(answer.ID);
    }

    /// <summary>Ends a lease; what was put with it is deleted at once.</summary>
    /// <exception cref="GrpcException">There is no such lease (not found), it was refused, or its outcome is unknown.</exception>
    public Task RevokeAsync(LeaseId lease, CancellationToken cancellationToken = default) =>
        RevokeAsync(new LeaseRevokeRequest { ID = lease.Value }, cancellationToken);

    /// <summary>How long a lease still lives without being renewed; null when there is no such lease.</summary>
    /// <exception cref="GrpcException">It was refused or nobody answered in time.</exception>
    public async Task<TimeSpan?> TimeToLiveAsync(LeaseId lease, CancellationToken cancellationToken = default)
    {
        var answer = await TimeToLiveAsync(new LeaseTimeToLiveRequest { ID = lease.Value }, cancellationToken).ConfigureAwait(false);
        return answer.TTL < 0 ? null : TimeSpan.FromSeconds(answer.TTL);
    }

    /// <summary>Makes a lease. Never sent twice: a second one would be nobody's.</summary>
    public Task<LeaseGrantResponse> GrantAsync(LeaseGrantRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "LeaseGrant", request, LeaseGrantResponse.Parser, cancellationToken);

    /// <summary>Ends a lease.</summary>
    public Task<LeaseRevokeResponse> RevokeAsync(LeaseRevokeRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "LeaseRevoke", request, LeaseRevokeResponse.Parser, cancellationToken);

    /// <summary>How long a lease still lives (-1: there is none), and with which keys.</summary>
    public async Task<LeaseTimeToLiveResponse> TimeToLiveAsync(LeaseTimeToLiveRequest request, CancellationToken cancellationToken = default)
    {
        var answer = await _sender.ReadAsync(Service + "LeaseTimeToLive", request, LeaseTimeToLiveResponse.Parser, cancellationToken).ConfigureAwait(false);
        for (var i = 0; i < answer.Keys.Count; i++)
            answer.Keys[i] = _prefix.Strip(answer.Keys[i]);
        return answer;
    }

    /// <summary>All leases of the cluster.</summary>
    public Task<LeaseLeasesResponse> ListAsync(CancellationToken cancellationToken = default) =>
        _sender.ReadAsync(Service + "LeaseLeases", new LeaseLeasesRequest(), LeaseLeasesResponse.Parser, cancellationToken);

    /// <summary>Renews a lease once.</summary>
    /// <exception cref="GrpcException">There is no such lease (not found), or nobody answered in time.</exception>
    public async Task<LeaseKeepAliveResponse> KeepAliveOnceAsync(long id, CancellationToken cancellationToken = default)
    {
        using var timer = _sender.Options.CallTimeout is { } timeout ? new CancellationTokenSource(timeout, _sender.Options.Time) : null;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer?.Token ?? default);
        try
        {
            while (true)
            {
                if (await TryRenewAsync(id, limit.Token).ConfigureAwait(false) is { } answer)
                    return answer.TTL > 0 ? answer : throw new GrpcException(StatusCode.NotFound, NotFound);
                await _sender.PauseAsync(limit.Token).ConfigureAwait(false);
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or GrpcException { Code: StatusCode.Canceled } && !cancellationToken.IsCancellationRequested)
        {
            throw new GrpcException(StatusCode.DeadlineExceeded, GrpcTexts.DeadlineExceeded);
        }
    }

    /// <summary>
    /// Renews a lease at each third of its time until cancelled, over as many streams as it takes. Ends when the lease is gone.
    /// Renewing twice does no harm, so a broken stream is opened again at once, and one whose token has run out with another token.
    /// </summary>
    public async IAsyncEnumerable<LeaseKeepAliveResponse> KeepAliveAsync(long id, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var token = await _sender.Token.CurrentAsync(cancellationToken).ConfigureAwait(false);
        for (var isRefused = false; ;)
        {
            using var stream = Open(token, cancellationToken);
            while (true)
            {
                LeaseKeepAliveResponse? answer;
                try
                {
                    answer = await RenewAsync(stream, id, cancellationToken).ConfigureAwait(false);
                }
                catch (GrpcException refused) when (!isRefused && _sender.Token.Mends(refused.Message, token))
                {
                    // Replaced once; refused again, the refusal is the answer.
                    isRefused = true;
                    token = await _sender.Token.RenewAsync(token, cancellationToken).ConfigureAwait(false);
                    break;
                }

                if (answer is null)
                    break;
                isRefused = false;
                if (answer.TTL <= 0)
                    yield break;
                yield return answer;
                await Task.Delay(TimeSpan.FromSeconds(answer.TTL / 3.0), _sender.Options.Time, cancellationToken).ConfigureAwait(false);
            }

            if (!isRefused)
                await _sender.PauseAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    internal static long Seconds(TimeSpan time) => (long)Math.Ceiling(time.TotalSeconds);

    /// <summary>One renewal on a stream of its own; null when it has to be tried again. Between renewals nothing is held open.</summary>
    internal async Task<LeaseKeepAliveResponse?> TryRenewAsync(long id, CancellationToken cancellationToken)
    {
        var token = await _sender.Token.CurrentAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            using var stream = Open(token, cancellationToken);
            return await RenewAsync(stream, id, cancellationToken).ConfigureAwait(false);
        }
        catch (GrpcException refused) when (_sender.Token.Mends(refused.Message, token))
        {
            using var stream = Open(await _sender.Token.RenewAsync(token, cancellationToken).ConfigureAwait(false), cancellationToken);
            return await RenewAsync(stream, id, cancellationToken).ConfigureAwait(false);
        }
    }

    private DuplexCall<LeaseKeepAliveRequest, LeaseKeepAliveResponse> Open(string? token, CancellationToken cancellationToken) =>
        _sender.Duplex<LeaseKeepAliveRequest, LeaseKeepAliveResponse>(
            Service + "LeaseKeepAlive", LeaseKeepAliveResponse.Parser, token, requireLeader: false, cancellationToken);

    private static async Task<LeaseKeepAliveResponse?> RenewAsync(
        DuplexCall<LeaseKeepAliveRequest, LeaseKeepAliveResponse> stream, long id, CancellationToken cancellationToken)
    {
        try
        {
            await stream.WriteAsync(new LeaseKeepAliveRequest { ID = id }, cancellationToken).ConfigureAwait(false);
            return await stream.MoveNextAsync(cancellationToken).ConfigureAwait(false) ? stream.Current : null;
        }
        catch (GrpcException failed) when (CallSender.MayResume(failed))
        {
            return null;
        }
    }
}
