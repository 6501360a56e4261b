using KvStore.Grpc;

namespace KvStore.Api.Gateway;

/// <summary>A request that never became a call: its JSON, a header or its size. The status is what the client is told.</summary>
internal sealed class GatewayException(StatusCode code, string message) : Exception(message)
{
    public GrpcStatus Status { get; } = new(code, message);
}
