namespace KvStore.Grpc;

/// <summary>Who sends how many messages.</summary>
public enum RpcShape
{
    Unary,
    ServerStreaming,
    ClientStreaming,
    Duplex,
}
