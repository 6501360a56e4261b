using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace KvStore.Hosting.Discovery;

/// <summary>
/// Looks SRV records up, which the class library cannot: asks the name servers of resolv.conf one after the other, over UDP, and over
/// TCP when the answer does not fit.
/// </summary>
public sealed class DnsServiceLookup(IReadOnlyList<IPEndPoint> servers)
{
    private const string ResolverFile = "/etc/resolv.conf";
    private const int NameServerPort = 53;

    /// <summary>Answers over UDP without extensions have at most 512 bytes; some servers send more all the same.</summary>
    private const int DatagramBytesMax = 4096;

    /// <summary>As the C library's resolver: five seconds for a server, each asked twice.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);
    private const int Rounds = 2;

    /// <summary>With the servers of this machine; the local one where none is named, as the C library does.</summary>
    public static DnsServiceLookup OfThisMachine()
    {
        var servers = new List<IPEndPoint>();
        if (File.Exists(ResolverFile))
        {
            foreach (var line in File.ReadLines(ResolverFile))
            {
                var words = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
                if (words is ["nameserver", var address, ..] && IPAddress.TryParse(address, out var parsed))
                    servers.Add(new IPEndPoint(parsed, NameServerPort));
            }
        }

        return new DnsServiceLookup(servers.Count > 0 ? servers : [new IPEndPoint(IPAddress.Loopback, NameServerPort)]);
    }

    /// <summary>The records of a name; none when it has none.</summary>
    /// <exception cref="IOException">No server answers, or each refuses.</exception>
    /// <exception cref="InvalidDataException">The name or an answer is no such thing.</exception>
    public async Task<IReadOnlyList<SrvRecord>> FindAsync(string name, CancellationToken stop)
    {
        Exception? last = null;
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var server in servers)
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
                limit.CancelAfter(_patience);
                try
                {
                    return await AskAsync(server, name, limit.Token).ConfigureAwait(false);
                }
                catch (Exception silent) when (silent is SocketException or IOException || (silent is OperationCanceledException && !stop.IsCancellationRequested))
                {
                    last = silent;
                }
            }
        }

        var reason = last is SocketException or IOException ? ": " + last.Message : "";
        throw new IOException($"no name server answers for {name}{reason}", last);
    }

    private static async Task<IReadOnlyList<SrvRecord>> AskAsync(IPEndPoint server, string name, CancellationToken cancellationToken)
    {
        // Not to be guessed: whoever guesses it can answer in the server's place.
        var id = (ushort)RandomNumberGenerator.GetInt32(ushort.MaxValue + 1);
        var question = DnsMessage.Ask(id, name);
        using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(server, cancellationToken).ConfigureAwait(false);
        await socket.SendAsync(question, cancellationToken).ConfigureAwait(false);
        var buffer = new byte[DatagramBytesMax];
        while (true)
        {
            var length = await socket.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (DnsMessage.Read(buffer.AsSpan(0, length), id, out var isTruncated) is { } records)
                return records;
            if (isTruncated)
                return await AskOverTcpAsync(server, question, id, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<IReadOnlyList<SrvRecord>> AskOverTcpAsync(IPEndPoint server, byte[] question, ushort id, CancellationToken cancellationToken)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server, cancellationToken).ConfigureAwait(false);
        await using var stream = new NetworkStream(socket);
        var framed = new byte[question.Length + 2];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)question.Length);
        question.CopyTo(framed, 2);
        await stream.WriteAsync(framed, cancellationToken).ConfigureAwait(false);
        var prefix = new byte[2];
        await stream.ReadExactlyAsync(prefix, cancellationToken).ConfigureAwait(false);
        var answer = new byte[BinaryPrimitives.ReadUInt16BigEndian(prefix)];
        await stream.ReadExactlyAsync(answer, cancellationToken).ConfigureAwait(false);
        return DnsMessage.Read(answer, id, out _) ?? throw new InvalidDataException("the name server answered another question");
    }
}
