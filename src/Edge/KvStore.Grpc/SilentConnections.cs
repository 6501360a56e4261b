using System.Net.Sockets;

namespace KvStore.Grpc;

/// <summary>Lets the kernel find out that the other end of a TCP connection is gone without a word, for instance by a cut cable.</summary>
public static class SilentConnections
{
    private const int ProtocolTcp = 6;

    /// <summary>TCP_USER_TIMEOUT of Linux: how long sent bytes may stay unacknowledged, in milliseconds.</summary>
    private const int UserTimeout = 18;

    /// <summary>Ends the connection after <paramref name="silence"/> without a byte and another <paramref name="patience"/> without an answer to probes.</summary>
    public static void GiveUp(Socket socket, TimeSpan silence, TimeSpan patience)
    {
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, optionValue: true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, Seconds(silence));
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 1);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, Seconds(patience));
        if (OperatingSystem.IsLinux())
            socket.SetRawSocketOption(ProtocolTcp, UserTimeout, BitConverter.GetBytes((int)(silence + patience).TotalMilliseconds));
    }

    private static int Seconds(TimeSpan time) => Math.Max(1, (int)Math.Ceiling(time.TotalSeconds));
}
