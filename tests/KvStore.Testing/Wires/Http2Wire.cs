using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace KvStore.Testing.Wires;

/// <summary>
/// A client that speaks HTTP/2 frame by frame, to send what no client library would, and to hold many connections cheaply. What is sent
/// after the server has hung up is lost without a word: being hung up on is what most of its users expect.
/// </summary>
public sealed class Http2Wire : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TcpClient _socket;
    private readonly Stream _stream;

    private Http2Wire(TcpClient socket, Stream stream)
    {
        _socket = socket;
        _stream = stream;
    }

    public static byte[] Preface { get; } = Encoding.ASCII.GetBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

    /// <summary>The preface, settings that leave everything at its default, and a window for the connection that is never used up.</summary>
    public static byte[] Hello { get; } = [.. Preface, .. Frame(Http2Frame.Settings, 0, 0, []), .. Frame(Http2Frame.WindowUpdate, 0, 0, [0x7f, 0, 0, 0])];

    /// <summary>On this machine; with TLS it takes any certificate.</summary>
    public static async Task<Http2Wire> ConnectAsync(int port, bool tls = false)
    {
        var socket = new TcpClient { NoDelay = true };
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port).ConfigureAwait(false);
            if (!tls)
                return new Http2Wire(socket, socket.GetStream());
            var ssl = new SslStream(socket.GetStream());
            await ssl.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                ApplicationProtocols = [SslApplicationProtocol.Http2],
#pragma warning disable CA5359 // The certificate is not what is tested.
                RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
            }).ConfigureAwait(false);
            return new Http2Wire(socket, ssl);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Null when the server hangs up at once.</summary>
    public static async Task<Http2Wire?> TryConnectAsync(int port)
    {
        try
        {
            return await ConnectAsync(port).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            return null;
        }
    }

    public static byte[] Frame(byte type, byte flags, int stream, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8);
        (frame[3], frame[4]) = (type, flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        return frame;
    }

    /// <summary>The headers of a gRPC call: indexed POST and http, the rest as literals that no table remembers.</summary>
    public static byte[] Head(string path) =>
        [0x83, 0x86, .. Literal(":path", path), .. Literal(":authority", "x"), .. Literal("content-type", "application/grpc"), .. Literal("te", "trailers")];

    /// <summary>A header of at most 126 bytes each side.</summary>
    public static byte[] Literal(string name, string value) =>
        [0, (byte)name.Length, .. Encoding.Latin1.GetBytes(name), (byte)value.Length, .. Encoding.Latin1.GetBytes(value)];

    /// <summary>A message with gRPC's prefix.</summary>
    public static byte[] Message(byte[] message)
    {
        var framed = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), message.Length);
        message.CopyTo(framed, 5);
        return framed;
    }

    /// <summary>A whole call with one message; it stays open for more when told.</summary>
    public static byte[] Call(int stream, string path, byte[] message, bool isLast = true) =>
    [
        .. Frame(Http2Frame.Headers, Http2Frame.EndHeaders, stream, Head(path)),
        .. Frame(Http2Frame.Data, isLast ? Http2Frame.EndStream : (byte)0, stream, Message(message)),
    ];

    /// <summary>Sends, and says whether the connection still took it.</summary>
    public async Task<bool> SendAsync(byte[] bytes, CancellationToken cancellationToken = default)
    {
        try
        {
            await _stream.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception cut) when (cut is IOException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>The next frame; null when the connection has ended.</summary>
    public async Task<Http2Frame?> ReadAsync()
    {
        try
        {
            var head = new byte[9];
            await _stream.ReadExactlyAsync(head).AsTask().WaitAsync(Patience).ConfigureAwait(false);
            var payload = new byte[(head[0] << 16) | (head[1] << 8) | head[2]];
            await _stream.ReadExactlyAsync(payload).AsTask().WaitAsync(Patience).ConfigureAwait(false);
            return new Http2Frame(head[3], head[4], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)) & int.MaxValue, payload);
        }
        catch (Exception ended) when (ended is IOException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Reads until a frame of that type has come, and fails when the connection ends before.</summary>
    public async Task<Http2Frame> UntilAsync(byte type)
    {
        while (await ReadAsync().ConfigureAwait(false) is { } frame)
        {
            if (frame.Type == type)
                return frame;
        }

        throw new EndOfStreamException($"the connection ended before a frame of type {type}");
    }

    /// <summary>Reads until the call on the stream has been answered to its end.</summary>
    public async Task UntilAnsweredAsync(int stream)
    {
        while (await ReadAsync().ConfigureAwait(false) is { } frame)
        {
            if (frame.Stream == stream && frame.Type <= Http2Frame.Headers && (frame.Flags & Http2Frame.EndStream) != 0)
                return;
        }

        throw new EndOfStreamException($"the connection ended before stream {stream} was answered");
    }

    public void HalfClose()
    {
        try
        {
            _socket.Client.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // hung up on already
        }
    }

    /// <summary>Reads until the server closes.</summary>
    public async Task DrainAsync()
    {
        try
        {
            var buffer = new byte[64 * 1024];
            while (await _stream.ReadAsync(buffer).AsTask().WaitAsync(Patience).ConfigureAwait(false) > 0)
            {
                // what it says on the way is of no interest
            }
        }
        catch (Exception closed) when (closed is IOException or InvalidOperationException)
        {
            // reset: closed as well
        }
    }

    public void Dispose()
    {
        _stream.Dispose();
        _socket.Dispose();
    }
}
