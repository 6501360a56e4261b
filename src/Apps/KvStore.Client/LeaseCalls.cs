using System.Runtime.CompilerServices;
using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Protocol.Etcd;

namespace KvStore.Client;

/// <summary>Leases and keeping them alive.</summary>
public sealed class LeaseCalls
{
    /// <summary>etcd's text for a keep-alive that found no lease: the server says so with a TTL of zero.</summary>
    public const string NotFound = "etcdserver: requested lease not found";

    private const string Service = "/etcdserverpb.Lease/";
    private readonly CallSender _sender;

    internal LeaseCalls(CallSender sender) => _sender = sender;

    public Task<LeaseGrantResponse> GrantAsync(LeaseGrantRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "LeaseGrant", request, LeaseGrantResponse.Parser, cancellationToken);

    public Task<LeaseRevokeResponse> RevokeAsync(LeaseRevokeRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "LeaseRevoke", request, LeaseRevokeResponse.Parser, cancellationToken);

    public Task<LeaseTimeToLiveResponse> TimeToLiveAsync(LeaseTimeToLiveRequest request, CancellationToken cancellationToken = default) =>
        _sender.ReadAsync(Service + "LeaseTimeToLive", request, LeaseTimeToLiveResponse.Parser, cancellationToken);

    public Task<LeaseLeasesResponse> ListAsync(CancellationToken cancellationToken = default) =>
        _sender.ReadAsync(Service + "LeaseLeases", new LeaseLeasesRequest(), LeaseLeasesResponse.Parser, cancellationToken);

    /// <summary>Renews a lease once.</summary>
    public async Task<LeaseKeepAliveResponse> KeepAliveOnceAsync(long id, CancellationToken cancellationToken = default)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (_sender.Options.CallTimeout is { } timeout)
            limit.CancelAfter(timeout);
        try
        {
            while (true)
            {
                if (await RenewOnNewStreamAsync(id, limit.Token).ConfigureAwait(false) is { } answer)
                    return answer.TTL > 0 ? answer : throw new GrpcException(StatusCode.NotFound, NotFound);
                await Task.Delay(_sender.Options.ResumePause, _sender.Options.Time, limit.Token).ConfigureAwait(false);
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or GrpcException { Code: StatusCode.Canceled } && !cancellationToken.IsCancellationRequested)
        {
            throw new GrpcException(StatusCode.DeadlineExceeded, GrpcTexts.DeadlineExceeded);
        }
    }

    /// <summary>
    /// Renews a lease at each third of its time until cancelled, over as many streams as it takes. Ends when the lease is gone.
    /// Renewing twice does no harm, so a broken stream is opened again at once.
    /// </summary>
    public async IAsyncEnumerable<LeaseKeepAliveResponse> KeepAliveAsync(long id, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (true)
        {
            using var stream = await OpenAsync(cancellationToken).ConfigureAwait(false);
            while (await RenewAsync(stream, id, cancellationToken).ConfigureAwait(false) is { } answer)
            {
                if (answer.TTL <= 0)
                    yield break;
                yield return answer;
                await Task.Delay(TimeSpan.FromSeconds(answer.TTL / 3.0), _sender.Options.Time, cancellationToken).ConfigureAwait(false);
            }

            await Task.Delay(_sender.Options.ResumePause, _sender.Options.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<LeaseKeepAliveResponse?> RenewOnNewStreamAsync(long id, CancellationToken cancellationToken)
    {
        using var stream = await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await RenewAsync(stream, id, cancellationToken).ConfigureAwait(false);
    }

    private Task<DuplexCall<LeaseKeepAliveRequest, LeaseKeepAliveResponse>> OpenAsync(CancellationToken cancellationToken) =>
        _sender.DuplexAsync<LeaseKeepAliveRequest, LeaseKeepAliveResponse>(Service + "LeaseKeepAlive", LeaseKeepAliveResponse.Parser, cancellationToken);

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
