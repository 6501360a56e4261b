using KvStore.Primitives;

namespace KvStore.Api.Members;

/// <summary>
/// Calls to another member over the peer connections: what only the leader can answer is forwarded to it. The server wires the
/// peer transport behind it; the other end is <see cref="PeerCalls.AnswerAsync"/>.
/// </summary>
public interface IPeerCalls
{
    /// <summary>One request and its answer; throws <see cref="KvStore.Grpc.GrpcException"/> when the member refuses or cannot be reached.</summary>
    ValueTask<ReadOnlyMemory<byte>> CallAsync(MemberId to, string method, ReadOnlyMemory<byte> request, CancellationToken cancellationToken);

    /// <summary>How long there has been a connection to the member without a break; null while there is none.</summary>
    TimeSpan? ConnectedFor(MemberId member);
}
