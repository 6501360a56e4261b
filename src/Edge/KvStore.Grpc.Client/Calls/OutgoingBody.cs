using System.Net;

namespace KvStore.Grpc.Client;

/// <summary>
/// The request body of a stream: open until the caller completes it. The connection asks for it once it exists; writes wait for
/// that moment.
/// </summary>
internal sealed class OutgoingBody : HttpContent
{
    private readonly TaskCompletionSource<Stream> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public OutgoingBody() => Headers.TryAddWithoutValidation("Content-Type", GrpcHeaders.ContentType);

    /// <summary>Completes when bytes can be written.</summary>
    public Task<Stream> Opened => _opened.Task;

    /// <summary>The half-close.</summary>
    public void Finish() => _finished.TrySetResult();

    /// <summary>The call has failed: nobody waits for the body any more.</summary>
    public void Fail(Exception failure)
    {
        _opened.TrySetException(failure);
        _ = _opened.Task.Exception; // observed here: a call that never wrote has nobody else to look at it
        _finished.TrySetResult();
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        // Headers leave at once: the server may want to answer before the first request message.
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        _opened.TrySetResult(stream);
        await _finished.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
