using System.Net;
using System.Net.Sockets;

namespace KvStore.Server.Hosting;

/// <summary>Listening sockets of --socket-reuse-port: another process may listen on the same port and gets a share of the connections.</summary>
internal static class SharedPorts
{
    // SO_REUSEPORT has no name in the class library.
    private static readonly (int Level, int Name) _option = OperatingSystem.IsMacOS() ? (0xFFFF, 0x200) : (1, 15);

    public static Socket Bind(IPEndPoint endpoint)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endpoint.Address.Equals(IPAddress.IPv6Any))
                socket.DualMode = true;
            socket.SetRawSocketOption(_option.Level, _option.Name, BitConverter.GetBytes(1));
            socket.Bind(endpoint);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
