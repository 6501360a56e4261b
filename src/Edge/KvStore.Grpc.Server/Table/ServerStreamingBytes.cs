namespace KvStore.Grpc.Server;

/// <summary>One message in, any number out.</summary>
public delegate ValueTask ServerStreamingBytes(ServerCall call, ReadOnlyMemory<byte> request, ResponseWriter responses);
