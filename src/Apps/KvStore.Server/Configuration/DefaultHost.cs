using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace KvStore.Server.Configuration;

/// <summary>
/// What a member that listens everywhere tells others when nobody said what: the machine's address towards the rest of the world.
/// "localhost", the default, would send them to themselves.
/// </summary>
internal static class DefaultHost
{
    // An address that belongs to nobody (RFC 5737): choosing the route to it sends nothing.
    private static readonly IPEndPoint _elsewhere = new(IPAddress.Parse("192.0.2.1"), 9);

    /// <summary>Null on a machine without a route to elsewhere.</summary>
    public static string? Find()
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(_elsewhere);
            return (socket.LocalEndPoint as IPEndPoint)?.Address.ToString();
        }
        catch (SocketException)
        {
            return null;
        }
    }

    /// <summary>The URLs to advertise: those given, or the host's when they are the default and 0.0.0.0 is listened on.</summary>
    public static IReadOnlyList<string> Replace(IReadOnlyList<string> advertised, string defaultUrl, Endpoint listen, string? host) =>
        host is not null && listen.Host == "0.0.0.0" && advertised is [var only] && only == defaultUrl
            ? [string.Create(CultureInfo.InvariantCulture, $"{only[..only.IndexOf(':', StringComparison.Ordinal)]}://{host}:{listen.Port}")]
            : advertised;
}
