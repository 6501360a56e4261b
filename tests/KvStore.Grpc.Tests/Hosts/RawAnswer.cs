namespace KvStore.Grpc.Tests;

internal sealed record RawAnswer(int HttpStatus, byte[] Body, string? Status, string? Message, string? ContentType);
