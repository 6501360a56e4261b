namespace KvStore.Grpc.Server;

/// <summary>A method with its handler and its counters.</summary>
internal sealed class MethodEntry(RpcMethod method, UnaryBytes? single, DuplexBytes? stream)
{
    public RpcMethod Method { get; } = method;

    /// <summary>Set when the method takes one request message.</summary>
    public UnaryBytes? Single { get; } = single;

    /// <summary>Set when the method takes a stream of requests.</summary>
    public DuplexBytes? Stream { get; } = stream;

    public bool AnswersOnce { get; } = method.Shape is RpcShape.Unary or RpcShape.ClientStreaming;

    public MethodCounters Counters { get; } = new(method);
}
