using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Endpoint = KvStore.Server.Configuration.Endpoint;

namespace KvStore.Server.Hosting;

/// <summary>
/// The sockets of all listeners of a member. They are bound before anything is written, so that a start that must fail for a port
/// leaves nothing behind; and they listen when a web server takes them: until then a connection is refused, and its client
/// goes to the next endpoint at once.
/// </summary>
/// <param name="sharesPorts">--socket-reuse-port.</param>
internal sealed class ListenSockets(bool sharesPorts) : IDisposable
{
    /// <summary>
    /// By the address as text: those of unix sockets are equal by it too. Several at one address have the port 0, any that is free:
    /// who takes one gets either.
    /// </summary>
    private readonly Dictionary<string, Queue<Socket>> _bound = new(StringComparer.Ordinal);

    private readonly List<IPEndPoint> _addresses = [];

    /// <exception cref="StartException">An address is in use, is not this machine's, or may not be used.</exception>
    public void Bind(string flag, IReadOnlyList<Endpoint> endpoints)
    {
        foreach (var endpoint in endpoints)
        {
            if (endpoint.IsUnix)
                Bind(flag, endpoint.Url, new UnixDomainSocketEndPoint(Path.GetFullPath(endpoint.SocketPath)));
            else if (endpoint.Host == "localhost")
                BindLoopback(flag, endpoint);
            else
                Bind(flag, endpoint.Url, new IPEndPoint(endpoint.BindAddress(flag), endpoint.Port));
        }
    }

    /// <summary>For the web server, which makes it listen and closes it. An address that could not be bound before is tried again.</summary>
    public Socket Take(EndPoint address) =>
        _bound.TryGetValue(address.ToString()!, out var bound) && bound.TryDequeue(out var socket) ? socket : Make(address);

    /// <summary>Closes those that nobody took.</summary>
    public void Dispose()
    {
        foreach (var socket in _bound.Values.SelectMany(sockets => sockets))
            socket.Dispose();
        _bound.Clear();
    }

    /// <summary>Both loopback addresses; a machine may lack one of them.</summary>
    private void BindLoopback(string flag, Endpoint endpoint)
    {
        StartException? missing = null;
        foreach (var address in new[] { IPAddress.Loopback, IPAddress.IPv6Loopback })
        {
            var at = new IPEndPoint(address, endpoint.Port);
            try
            {
                Bind(flag, string.Create(CultureInfo.InvariantCulture, $"{endpoint.Scheme}://{at}"), at);
            }
            catch (StartException exception) when (missing is null && exception.InnerException is SocketException { SocketErrorCode: not SocketError.AddressAlreadyInUse })
            {
                missing = exception;
            }
        }
    }

    private void Bind(string flag, string url, EndPoint address)
    {
        // Two sockets that do not listen yet may be bound to one port: what collides among our own is seen here, not when they listen.
        if (address is IPEndPoint ip)
        {
            if (_addresses.Exists(other => Collide(ip, other)))
                throw InUse(flag, url, null);
            _addresses.Add(ip);
        }

        try
        {
            var socket = Make(address);
            if (!_bound.TryGetValue(address.ToString()!, out var bound))
                _bound.Add(address.ToString()!, bound = new Queue<Socket>());
            bound.Enqueue(socket);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw InUse(flag, url, exception);
        }
        catch (SocketException exception)
        {
            throw new StartException($"--{flag}: Failed to bind to address {url}: {exception.Message}", exception);
        }
    }

    private Socket Make(EndPoint address) =>
        sharesPorts && address is IPEndPoint ip ? SharedPorts.Bind(ip) : SocketTransportOptions.CreateDefaultBoundListenSocket(address);

    private static StartException InUse(string flag, string url, SocketException? exception) =>
        new($"--{flag}: Failed to bind to address {url}: address already in use", exception);

    private static bool Collide(IPEndPoint one, IPEndPoint other) =>
        one.Port == other.Port && one.Port != 0 && (Covers(one.Address, other.Address) || Covers(other.Address, one.Address));

    private static bool Covers(IPAddress wide, IPAddress narrow) =>
        wide.Equals(narrow) || wide.Equals(IPAddress.IPv6Any) || (wide.Equals(IPAddress.Any) && narrow.AddressFamily == AddressFamily.InterNetwork);
}
