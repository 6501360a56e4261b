using System.Runtime.CompilerServices;
using KvStore.Grpc;
using KvStore.Protocol.Election;

namespace KvStore.Client;

/// <summary>
/// Elections of one leader among those who campaign, waited for by a member in the caller's name. <see cref="Elections"/> waits itself
/// and so survives the member. Thread-safe.
/// </summary>
public sealed class ElectionCalls
{
    private const string Service = "/v3electionpb.Election/";
    private readonly CallSender _sender;
    private readonly KeyPrefix _prefix;

    internal ElectionCalls(CallSender sender, KeyPrefix prefix)
    {
        _sender = sender;
        _prefix = prefix;
    }

    /// <summary>Waits until elected; the token is the only limit. Repeated, as <see cref="LockCalls.LockAsync"/>, only with a new lease.</summary>
    public async Task<CampaignResponse> CampaignAsync(CampaignRequest request, CancellationToken cancellationToken = default)
    {
        var own = request.Clone();
        own.Name = _prefix.Add(own.Name);
        var answer = await _sender.WaitAsync(Service + "Campaign", own, CampaignResponse.Parser, cancellationToken).ConfigureAwait(false);
        answer.Leader.Name = _prefix.Strip(answer.Leader.Name);
        answer.Leader.Key = _prefix.Strip(answer.Leader.Key);
        return answer;
    }

    /// <summary>Proclaims something else as the leader.</summary>
    public Task<ProclaimResponse> ProclaimAsync(ProclaimRequest request, CancellationToken cancellationToken = default)
    {
        var own = request.Clone();
        own.Leader = Prefixed(own.Leader);
        return _sender.WriteAsync(Service + "Proclaim", own, ProclaimResponse.Parser, cancellationToken);
    }

    /// <summary>The leader of now.</summary>
    public async Task<LeaderResponse> LeaderAsync(LeaderRequest request, CancellationToken cancellationToken = default)
    {
        var own = new LeaderRequest { Name = _prefix.Add(request.Name) };
        var answer = await _sender.ReadAsync(Service + "Leader", own, LeaderResponse.Parser, cancellationToken).ConfigureAwait(false);
        _prefix.Strip(answer.Kv);
        return answer;
    }

    /// <summary>Gives the office up.</summary>
    public Task<ResignResponse> ResignAsync(ResignRequest request, CancellationToken cancellationToken = default)
    {
        var own = request.Clone();
        own.Leader = Prefixed(own.Leader);
        return _sender.WriteAsync(Service + "Resign", own, ResignResponse.Parser, cancellationToken);
    }

    /// <summary>
    /// Each leader and what he proclaims, over as many streams as it takes; a new stream begins with the leader of that moment, so one
    /// who was told already may be told again. Ends with the token.
    /// </summary>
    public async IAsyncEnumerable<LeaderResponse> ObserveAsync(LeaderRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var own = new LeaderRequest { Name = _prefix.Add(request.Name) };
        while (true)
        {
            var answers = _sender.StreamAsync(Service + "Observe", own, LeaderResponse.Parser, cancellationToken).GetAsyncEnumerator(cancellationToken);
            await using var ended = answers.ConfigureAwait(false);
            while (true)
            {
                try
                {
                    if (!await answers.MoveNextAsync().ConfigureAwait(false))
                        break;
                }
                catch (GrpcException failed) when (CallSender.MayResume(failed))
                {
                    break;
                }

                _prefix.Strip(answers.Current.Kv);
                yield return answers.Current;
            }

            await _sender.PauseAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    // Nothing to name is the server's to refuse.
    private LeaderKey? Prefixed(LeaderKey? leader)
    {
        if (leader is null)
            return null;
        leader.Name = _prefix.Add(leader.Name);
        leader.Key = _prefix.Add(leader.Key);
        return leader;
    }
}
