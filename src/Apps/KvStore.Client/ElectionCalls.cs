using System.Runtime.CompilerServices;
using KvStore.Grpc;
using KvStore.Protocol.Election;

namespace KvStore.Client;

/// <summary>Elections of one leader among those who campaign.</summary>
public sealed class ElectionCalls
{
    private const string Service = "/v3electionpb.Election/";
    private readonly CallSender _sender;

    internal ElectionCalls(CallSender sender) => _sender = sender;

    /// <summary>Waits until elected. Repeated, as <see cref="LockCalls.LockAsync"/>, only with a new lease.</summary>
    public Task<CampaignResponse> CampaignAsync(CampaignRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "Campaign", request, CampaignResponse.Parser, cancellationToken);

    public Task<ProclaimResponse> ProclaimAsync(ProclaimRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "Proclaim", request, ProclaimResponse.Parser, cancellationToken);

    public Task<LeaderResponse> LeaderAsync(LeaderRequest request, CancellationToken cancellationToken = default) =>
        _sender.ReadAsync(Service + "Leader", request, LeaderResponse.Parser, cancellationToken);

    public Task<ResignResponse> ResignAsync(ResignRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "Resign", request, ResignResponse.Parser, cancellationToken);

    /// <summary>
    /// Each leader and what he proclaims, over as many streams as it takes; a new stream begins with the leader of that moment, so one
    /// who was told already may be told again. Ends with the token.
    /// </summary>
    public async IAsyncEnumerable<LeaderResponse> ObserveAsync(LeaderRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (true)
        {
            using var stream = await _sender.ServerStreamingAsync(Service + "Observe", request, LeaderResponse.Parser, cancellationToken).ConfigureAwait(false);
            while (true)
            {
                try
                {
                    if (!await stream.MoveNextAsync(cancellationToken).ConfigureAwait(false))
                        break;
                }
                catch (GrpcException failed) when (CallSender.MayResume(failed))
                {
                    break;
                }

                yield return stream.Current;
            }

            await Task.Delay(_sender.Options.ResumePause, _sender.Options.Time, cancellationToken).ConfigureAwait(false);
        }
    }
}
