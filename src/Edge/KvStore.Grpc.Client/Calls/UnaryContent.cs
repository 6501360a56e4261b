using System.Net;

namespace KvStore.Grpc.Client;

/// <summary>One framed message as a request body.</summary>
internal sealed class UnaryContent : HttpContent
{
    private readonly ReadOnlyMemory<byte> _framed;

    public UnaryContent(ReadOnlyMemory<byte> framed)
    {
        _framed = framed;
        Headers.TryAddWithoutValidation("Content-Type", GrpcHeaders.ContentType);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        stream.WriteAsync(_framed).AsTask();

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        stream.WriteAsync(_framed, cancellationToken).AsTask();

    protected override bool TryComputeLength(out long length)
    {
        // Not announced: gRPC bodies carry no content-length, and some servers refuse one.
        length = 0;
        return false;
    }
}
