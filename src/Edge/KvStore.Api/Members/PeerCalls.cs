using KvStore.Api.Lease;
using KvStore.Grpc;
using StatusCode = KvStore.Grpc.StatusCode;

namespace KvStore.Api.Members;

/// <summary>The answering end of <see cref="IPeerCalls"/>: what other members ask this one.</summary>
public sealed class PeerCalls
{
    private readonly LeaderLeases _leases;

    internal PeerCalls(LeaderLeases leases) => _leases = leases;

    /// <summary>The names of the calls that are answered here.</summary>
    public static IReadOnlyList<string> Methods { get; } = [LeaderLeases.KeepAliveMethod, LeaderLeases.TimeToLiveMethod];

    /// <summary>Throws <see cref="GrpcException"/> with etcd's error where this member refuses, "not leader" among them.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> AnswerAsync(string method, ReadOnlyMemory<byte> request)
    {
        if (method is not (LeaderLeases.KeepAliveMethod or LeaderLeases.TimeToLiveMethod))
            throw new GrpcException(StatusCode.Unimplemented, $"unknown peer call {method}");
        var reply = await _leases.AnswerAsync(method, request).ConfigureAwait(false);
        if (reply.Error is { } error)
            throw new GrpcException((StatusCode)(int)error.Code, error.Text);
        return reply.Body;
    }
}
