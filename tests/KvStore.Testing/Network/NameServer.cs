using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace KvStore.Testing.Network;

/// <summary>A name server on the loopback, over UDP and TCP, that answers for SRV records out of a table.</summary>
public sealed class NameServer : IDisposable
{
    private readonly ConcurrentDictionary<string, (string Target, int Port)[]> _zone = new(StringComparer.Ordinal);
    private readonly UdpClient _udp;
    private readonly TcpListener _tcp;

    public NameServer()
    {
        (_udp, _tcp) = BindBoth();
        Endpoint = (IPEndPoint)_udp.Client.LocalEndPoint!;
        _ = AnswerDatagramsAsync();
        _ = AnswerStreamsAsync();
    }

    public IPEndPoint Endpoint { get; }

    /// <summary>Whether answers over UDP are cut short, as those are that do not fit.</summary>
    public bool CutsDatagrams { get; set; }

    /// <summary>So many questions are refused first, as by a server that has not read its zone yet.</summary>
    public int RefusedFirst { get; set; }

    /// <summary>Questions over UDP up to now.</summary>
    public int Asked { get; private set; }

    /// <summary>The name now has these records; every other name does not exist.</summary>
    public void Add(string name, params (string Target, int Port)[] records) => _zone[name] = records;

    public void Dispose()
    {
        _udp.Dispose();
        _tcp.Dispose();
    }

    // The records' own name is a pointer to the question's, as servers write it. No records: the name does not exist.
    public static byte[] Answer(byte[] question, (string Target, int Port)[]? records, bool isCut)
    {
        var message = new List<byte>(question);
        message[2] = (byte)(0x80 | (isCut ? 2 : 0));
        message[3] = (byte)(records is null ? 3 : 0);
        message[7] = (byte)(isCut ? 0 : records?.Length ?? 0);
        foreach (var record in isCut ? [] : records ?? [])
        {
            var target = record.Target.Split('.').SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]).Append((byte)0).ToArray();
            message.AddRange([0xC0, 12, 0, 33, 0, 1, 0, 0, 0, 9, 0, (byte)(6 + target.Length), 0, 1, 0, 1, (byte)(record.Port >> 8), (byte)record.Port, .. target]);
        }

        return [.. message];
    }

    private static byte[] Refusal(byte[] question)
    {
        const byte serverFailure = 2;
        var message = Answer(question, records: null, isCut: false);
        message[3] = serverFailure;
        return message;
    }

    /// <summary>One port for both; one that is free for datagrams may be taken by a connection.</summary>
    private static (UdpClient Udp, TcpListener Tcp) BindBoth()
    {
        while (true)
        {
            var udp = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
            var tcp = new TcpListener((IPEndPoint)udp.Client.LocalEndPoint!);
            try
            {
                tcp.Start();
                return (udp, tcp);
            }
            catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                udp.Dispose();
                tcp.Dispose();
            }
        }
    }

    private async Task AnswerDatagramsAsync()
    {
        try
        {
            while (true)
            {
                var asked = await _udp.ReceiveAsync().ConfigureAwait(false);
                var answer = ++Asked > RefusedFirst ? Answer(asked.Buffer, Records(asked.Buffer), CutsDatagrams) : Refusal(asked.Buffer);
                await _udp.SendAsync(answer, asked.RemoteEndPoint).ConfigureAwait(false);
            }
        }
        catch (Exception over) when (over is ObjectDisposedException or SocketException)
        {
            // the test is over
        }
    }

    private async Task AnswerStreamsAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _tcp.AcceptTcpClientAsync().ConfigureAwait(false);
                var stream = client.GetStream();
                var prefix = new byte[2];
                await stream.ReadExactlyAsync(prefix).ConfigureAwait(false);
                var question = new byte[BinaryPrimitives.ReadUInt16BigEndian(prefix)];
                await stream.ReadExactlyAsync(question).ConfigureAwait(false);
                var answer = Answer(question, Records(question), isCut: false);
                BinaryPrimitives.WriteUInt16BigEndian(prefix, (ushort)answer.Length);
                await stream.WriteAsync((byte[])[.. prefix, .. answer]).ConfigureAwait(false);
            }
        }
        catch (Exception over) when (over is ObjectDisposedException or SocketException or IOException)
        {
            // the test is over
        }
    }

    private (string Target, int Port)[]? Records(byte[] question)
    {
        var name = new StringBuilder();
        for (var at = 12; question[at] != 0; at += question[at] + 1)
            name.Append(Encoding.ASCII.GetString(question, at + 1, question[at])).Append('.');
        return _zone.GetValueOrDefault(name.ToString().TrimEnd('.'));
    }
}
