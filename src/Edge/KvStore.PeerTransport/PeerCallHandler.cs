using KvStore.Primitives;

namespace KvStore.PeerTransport;

/// <summary>
/// Answers a call of another member. The request is valid until the task completes. A refusal is thrown as
/// <see cref="KvStore.Grpc.GrpcException"/> and reaches the caller with its code and text. <paramref name="from"/> is none for a
/// caller that is no member yet.
/// </summary>
public delegate ValueTask<ReadOnlyMemory<byte>> PeerCallHandler(MemberId from, ReadOnlyMemory<byte> request, CancellationToken cancellationToken);
