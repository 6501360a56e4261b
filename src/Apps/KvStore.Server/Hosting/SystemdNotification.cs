using System.Net.Sockets;
using System.Text;

namespace KvStore.Server.Hosting;

/// <summary>Tells systemd that the service is ready (sd_notify): one datagram to the socket it named.</summary>
internal static class SystemdNotification
{
    public static void Ready()
    {
        var path = Environment.GetEnvironmentVariable("NOTIFY_SOCKET");
        if (string.IsNullOrEmpty(path))
            return;
        // A leading '@' means Linux's abstract namespace, whose names begin with a zero byte.
        var address = new UnixDomainSocketEndPoint(path[0] == '@' ? "\0" + path[1..] : path);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        try
        {
            socket.SendTo(Encoding.ASCII.GetBytes("READY=1"), address);
        }
        catch (SocketException)
        {
            // Nobody listens: the service runs all the same.
        }
    }
}
