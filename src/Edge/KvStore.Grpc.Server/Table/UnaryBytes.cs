namespace KvStore.Grpc.Server;

/// <summary>
/// One message in, bytes out. The request is valid until the returned task completes and no longer: what outlives the call is
/// copied by the handler. For a unary method exactly one message is written, or the call's status set to an error.
/// </summary>
public delegate ValueTask UnaryBytes(ServerCall call, ReadOnlyMemory<byte> request, ResponseWriter response);
