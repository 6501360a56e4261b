using System.Net.Sockets;

namespace KvStore.Grpc.Client;

/// <summary>
/// A connection as bytes, which knows whether it is still open, and in clear text says the client's half of HTTP/2's preface (RFC 9113
/// section 3.4) by itself: a server answers that with its settings, and so shows that somebody is there before a call depends on it.
/// One reader and one writer at a time; <see cref="IsOpen"/> from any thread.
/// </summary>
internal sealed class DialedStream(Socket socket) : NetworkStream(socket, ownsSocket: true)
{
    private static readonly byte[] _preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();

    private ReadOnlyMemory<byte> _said;
    private volatile bool _isClosed;

    /// <summary>False once it was disposed, which its user does when the other end has closed it.</summary>
    public bool IsOpen => !_isClosed;

    /// <summary>Says the preface and waits for the server's first byte, which stays to be read. Throws <see cref="EndOfStreamException"/> when there is none.</summary>
    public async Task MeetAsync(CancellationToken cancellationToken)
    {
        await base.WriteAsync(_preface, cancellationToken).ConfigureAwait(false);
        _said = _preface;
        await Socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, cancellationToken).ConfigureAwait(false);
        if (Socket.Available == 0)
            throw new EndOfStreamException("error reading server preface: EOF");
    }

    /// <summary>Leaves out what has been said already.</summary>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_said.IsEmpty)
            return base.WriteAsync(buffer, cancellationToken);
        var repeated = Math.Min(_said.Length, buffer.Length);
        if (!buffer.Span[..repeated].SequenceEqual(_said.Span[..repeated]))
            throw new InvalidOperationException("the first bytes of the connection are not the preface that was sent");
        _said = _said[repeated..];
        return repeated == buffer.Length ? ValueTask.CompletedTask : base.WriteAsync(buffer[repeated..], cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        _isClosed = true;
        base.Dispose(disposing);
    }
}
