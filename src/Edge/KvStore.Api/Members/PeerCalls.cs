using KvStore.Api.Cluster;
using KvStore.Api.Lease;
using KvStore.Api.Maintenance;
using KvStore.Grpc;
using StatusCode = KvStore.Grpc.StatusCode;

namespace KvStore.Api.Members;

/// <summary>The answering end of <see cref="IPeerCalls"/>: what other members ask this one.</summary>
public sealed class PeerCalls
{
    private readonly LeaderLeases _leases;
    private readonly CorruptionCheck _hashes;
    private readonly LearnerPromotion _promotion;
    private readonly ClusterProgress _progress;

    internal PeerCalls(LeaderLeases leases, CorruptionCheck hashes, LearnerPromotion promotion, ClusterProgress progress)
    {
        _leases = leases;
        _hashes = hashes;
        _promotion = promotion;
        _progress = progress;
    }

    /// <summary>The names of the calls that are answered here.</summary>
    public static IReadOnlyList<string> Methods { get; } = 
        [LeaderLeases.KeepAliveMethod, LeaderLeases.TimeToLiveMethod, CorruptionCheck.Method, LearnerPromotion.Method, ClusterProgress.Method];

    /// <summary>Throws <see cref="GrpcException"/> with etcd's error where this member refuses, "not leader" among them.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> AnswerAsync(string method, ReadOnlyMemory<byte> request)
    {
        var reply = method switch
        {
            LeaderLeases.KeepAliveMethod or LeaderLeases.TimeToLiveMethod => await _leases.AnswerAsync(method, request).ConfigureAwait(false),
            LearnerPromotion.Method => await _promotion.AnswerAsync(method, request).ConfigureAwait(false),
            ClusterProgress.Method => await _progress.AnswerAsync(method, request).ConfigureAwait(false),
            CorruptionCheck.Method => await _hashes.AnswerAsync(request).ConfigureAwait(false),
            _ => throw new GrpcException(StatusCode.Unimplemented, $"unknown peer call {method}"),
        };
        if (reply.Error is { } error)
            throw new GrpcException((StatusCode)(int)error.Code, error.Text);
        return reply.Body;
    }
}
