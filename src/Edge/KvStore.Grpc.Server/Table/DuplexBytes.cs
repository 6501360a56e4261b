namespace KvStore.Grpc.Server;

/// <summary>
/// Messages both ways. Requests are read and responses written by one task each at a time. The end of the requests (half-close)
/// does not end the call: the handler's return does. Client streaming is the same with exactly one response.
/// </summary>
public delegate ValueTask DuplexBytes(ServerCall call, RequestReader requests, ResponseWriter responses);
