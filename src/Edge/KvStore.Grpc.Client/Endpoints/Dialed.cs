namespace KvStore.Grpc.Client;

/// <summary>A connection that was made: what calls travel over, and the bytes beneath, which are the same in clear text.</summary>
internal sealed record Dialed(Stream Stream, DialedStream Bytes);
