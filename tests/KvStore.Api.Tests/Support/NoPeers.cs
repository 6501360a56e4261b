using KvStore.Api.Members;
using KvStore.Grpc;
using KvStore.Primitives;
using StatusCode = KvStore.Grpc.StatusCode;

namespace KvStore.Api.Tests;

/// <summary>Other members as a function; without one they cannot be reached.</summary>
internal sealed class NoPeers : IPeerCalls
{
    public Func<MemberId, string, ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>? Answer { get; set; }

    public TimeSpan? Connected { get; set; } = TimeSpan.FromHours(1);

    public ValueTask<ReadOnlyMemory<byte>> CallAsync(MemberId to, string method, ReadOnlyMemory<byte> request, CancellationToken cancellationToken) =>
        Answer is null ? throw new GrpcException(StatusCode.Unavailable, "no connection") : ValueTask.FromResult(Answer(to, method, request));

    public TimeSpan? ConnectedFor(MemberId member) => Connected;
}
