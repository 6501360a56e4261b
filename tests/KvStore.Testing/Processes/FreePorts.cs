using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace KvStore.Testing.Processes;

/// <summary>
/// Loopback ports that nobody uses, below those that the system gives to outgoing connections: none of these can take one before the
/// process that it was meant for listens on it. All are held open together, and none is handed out twice before the others were.
/// </summary>
public static class FreePorts
{
    /// <summary>Below it are the ports of services.</summary>
    private const int First = 10_000;

    private static readonly int Count = FirstOfConnections() - First;

    // Test processes that run at once begin at different ports.
    private static int _next = Random.Shared.Next(Count);

    public static int[] Take(int count)
    {
        var listeners = new List<TcpListener>(count);
        try
        {
            for (var tries = 0; listeners.Count < count; tries++)
            {
                if (tries > Count)
                    throw new InvalidOperationException($"fewer than {count} ports are free");
                var listener = new TcpListener(IPAddress.Loopback, First + (int)((uint)Interlocked.Increment(ref _next) % (uint)Count));
                try
                {
                    listener.Start();
                    listeners.Add(listener);
                }
                catch (SocketException taken) when (taken.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
                {
                    listener.Dispose();
                }
            }

            return [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        }
        finally
        {
            foreach (var listener in listeners)
                listener.Dispose();
        }
    }

    private static int FirstOfConnections()
    {
        var range = File.ReadAllText("/proc/sys/net/ipv4/ip_local_port_range").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return Math.Max(int.Parse(range[0], CultureInfo.InvariantCulture), 2 * First);
    }
}
