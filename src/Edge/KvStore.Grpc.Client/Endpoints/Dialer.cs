using System.Net;
using System.Net.Sockets;

namespace KvStore.Grpc.Client;

/// <summary>
/// Makes connections to one server on which it has shown life: by its half of the TLS handshake or, in clear text, by its first frame.
/// That TCP connects shows nothing: the kernel accepts for a process that is stopped. Thread-safe.
/// </summary>
internal sealed class Dialer(EndpointName name, GrpcChannelOptions options)
{
    private readonly TlsClientHandshake? _tls = name.IsTls ? new TlsClientHandshake(name, options.Tls ?? new TlsClientOptions()) : null;

    /// <summary>
    /// Throws <see cref="SocketException"/>, <see cref="IOException"/> or <see cref="System.Security.Authentication.AuthenticationException"/>:
    /// nothing of a request has left by then. Ends by itself after the channel's time to connect.
    /// </summary>
    public async Task<Dialed> DialAsync(Version http, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(options.ConnectTimeout, options.Time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            return await ConnectAsync(http, ended.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new SocketException((int)SocketError.TimedOut);
        }
    }

    private async Task<Dialed> ConnectAsync(Version http, CancellationToken cancellationToken)
    {
        options.OnTrace?.Invoke($"{name.Address}: connecting");
        var socket = await ConnectSocketAsync(cancellationToken).ConfigureAwait(false);
        var connected = new DialedStream(socket);
        try
        {
            Stream stream = connected;
            if (_tls is not null)
                stream = await _tls.RunAsync(connected, http, cancellationToken).ConfigureAwait(false);
            else if (http == HttpVersion.Version20)
                await connected.MeetAsync(cancellationToken).ConfigureAwait(false);
            options.OnTrace?.Invoke($"{name.Address}: connected{(_tls is null ? "" : " over TLS")}");
            return new Dialed(stream, connected);
        }
        catch
        {
            await connected.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    // As HttpClient's own, and with the kernel's probes: HTTP/2's pings do not reach an upgraded connection.
    private async Task<Socket> ConnectSocketAsync(CancellationToken cancellationToken)
    {
        var path = name.SocketPath;
        var socket = path is null
            ? new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            if (path is null && options.KeepAliveTime is { } silence)
                SilentConnections.GiveUp(socket, silence, options.KeepAliveTimeout);
            EndPoint address = path is null ? new DnsEndPoint(name.Address.IdnHost, name.Address.Port) : new UnixDomainSocketEndPoint(path);
            await socket.ConnectAsync(address, cancellationToken).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
