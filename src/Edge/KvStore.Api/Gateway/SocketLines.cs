using System.Net.WebSockets;
using KvStore.Primitives;

namespace KvStore.Api.Gateway;

/// <summary>What is written is sent line by line, each as one text message without its end; what is left at the end is the last one.</summary>
internal sealed class SocketLines(WebSocket socket) : Stream
{
    private readonly ByteWriter _line = new();

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (buffer.Span.IndexOf((byte)'\n') is >= 0 and var end)
        {
            _line.Write(buffer.Span[..end]);
            buffer = buffer[(end + 1)..];
            await SendAsync(cancellationToken).ConfigureAwait(false);
        }

        _line.Write(buffer.Span);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
        // Whole lines have left already.
    }

    public override async ValueTask DisposeAsync()
    {
        try
        {
            if (_line.WrittenSpan.Length > 0 && socket.State == WebSocketState.Open)
                await SendAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is WebSocketException or IOException)
        {
            // Nobody is left to be told.
        }

        await base.DisposeAsync().ConfigureAwait(false);
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private async ValueTask SendAsync(CancellationToken cancellationToken)
    {
        try
        {
            await socket.SendAsync(_line.WrittenMemory, WebSocketMessageType.Text, endOfMessage: true, cancellationToken).ConfigureAwait(false);
        }
        catch (WebSocketException gone)
        {
            throw new IOException(gone.Message, gone);
        }

        _line.Clear();
    }
}
