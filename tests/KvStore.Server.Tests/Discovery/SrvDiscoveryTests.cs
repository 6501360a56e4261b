using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using KvStore.Server.Configuration;
using KvStore.Server.Discovery;
using KvStore.Server.Hosting;

namespace KvStore.Server.Tests.Discovery;

/// <summary>Bootstrap from DNS, against a name server of the test's own.</summary>
public sealed class SrvDiscoveryTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Dictionary<string, SrvRecord[]> _zone = new(StringComparer.Ordinal);
    private readonly UdpClient _udp = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly TcpListener _tcp;
    private bool _cutsDatagrams;

    public SrvDiscoveryTests()
    {
        var endpoint = (IPEndPoint)_udp.Client.LocalEndPoint!;
        _tcp = new TcpListener(endpoint);
        _tcp.Start();
        _ = AnswerDatagramsAsync();
        _ = AnswerStreamsAsync();
        Lookup = new DnsServiceLookup([endpoint]);
    }

    private DnsServiceLookup Lookup { get; }

    public void Dispose()
    {
        _udp.Dispose();
        _tcp.Dispose();
    }

    [Fact]
    public async Task Records_ByUdp_AreRead()
    {
        _zone["_etcd-server._tcp.example.com"] = [new SrvRecord("a.example.com", 2380), new SrvRecord("b.example.com", 7)];
        Assert.Equal(_zone["_etcd-server._tcp.example.com"], await Lookup.FindAsync("_etcd-server._tcp.example.com", CancellationToken.None).WaitAsync(Patience));
    }

    [Fact]
    public async Task Records_ThatDoNotFit_AreAskedForOverTcp()
    {
        _cutsDatagrams = true;
        _zone["_etcd-server._tcp.example.com"] = [new SrvRecord("a.example.com", 2380)];
        Assert.Equal(_zone["_etcd-server._tcp.example.com"], await Lookup.FindAsync("_etcd-server._tcp.example.com", CancellationToken.None).WaitAsync(Patience));
    }

    [Fact]
    public async Task Name_ThatDoesNotExist_HasNoRecords() =>
        Assert.Empty(await Lookup.FindAsync("_etcd-server._tcp.nowhere", CancellationToken.None).WaitAsync(Patience));

    [Fact]
    public void Answer_CutAnywhere_IsRefusedOrNotItsAnswer()
    {
        var question = DnsMessage.Ask(7, "_etcd-server._tcp.example.com");
        var answer = Answer(question, [new SrvRecord("a.example.com", 1)], isCut: false);
        Assert.Single(DnsMessage.Read(answer, 7, out _)!);
        Assert.Null(DnsMessage.Read(answer, 8, out _));
        for (var length = 0; length < answer.Length; length++)
        {
            var cut = answer[..length];
            if (length < 12)
                Assert.Null(DnsMessage.Read(cut, 7, out _));
            else
                Assert.Throws<InvalidDataException>(() => DnsMessage.Read(cut, 7, out _));
        }
    }

    [Fact]
    public async Task Cluster_HasThisMemberByNameAndTheOthersByTheirRecords()
    {
        _zone["_etcd-server._tcp.example.com"] = [new SrvRecord("127.0.0.2", 2380), new SrvRecord("127.0.0.1", 2380), new SrvRecord("127.0.0.3", 2380)];
        var cluster = await FindAsync("--initial-advertise-peer-urls=http://127.0.0.1:2380");
        Assert.Equal(["http://127.0.0.1:2380"], cluster["m1"]);
        Assert.Equal(["http://127.0.0.2:2380"], cluster["127.0.0.2:2380"]);
        Assert.Equal(["http://127.0.0.3:2380"], cluster["127.0.0.3:2380"]);
    }

    [Fact]
    public async Task ClusterName_IsTheEndOfTheServicesName()
    {
        _zone["_etcd-server-ssl-blue._tcp.example.com"] = [new SrvRecord("127.0.0.1", 2380)];
        var cluster = await FindAsync("--initial-advertise-peer-urls=https://127.0.0.1:2380", "--discovery-srv-name=blue");
        Assert.Equal(["https://127.0.0.1:2380"], cluster["m1"]);
    }

    [Fact]
    public async Task MemberThatIsNotAmongThem_IsRefusedInEtcdsWords()
    {
        _zone["_etcd-server._tcp.example.com"] = [new SrvRecord("127.0.0.2", 2380)];
        var exception = await Assert.ThrowsAsync<StartException>(() => FindAsync("--initial-advertise-peer-urls=http://127.0.0.1:2380"));
        Assert.Equal("cannot find local etcd member \"m1\" in SRV records", exception.Message);
    }

    [Fact]
    public async Task DomainWithoutRecords_IsRefused()
    {
        var exception = await Assert.ThrowsAsync<StartException>(() => FindAsync());
        Assert.Equal("--discovery-srv: example.com has no SRV records of members", exception.Message);
    }

    private Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> FindAsync(params string[] further)
    {
        var options = ServerOptionsReader.Read(Settings.Join(
            CommandLine.Read(["--name=m1", "--discovery-srv=example.com", .. further]), new Dictionary<string, string>()));
        return new SrvDiscovery(Lookup).FindAsync(options, options.DiscoveryDomain!, CancellationToken.None).WaitAsync(Patience);
    }

    private async Task AnswerDatagramsAsync()
    {
        try
        {
            while (true)
            {
                var asked = await _udp.ReceiveAsync();
                var answer = Answer(asked.Buffer, Records(asked.Buffer), _cutsDatagrams);
                await _udp.SendAsync(answer, asked.RemoteEndPoint);
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
                using var client = await _tcp.AcceptTcpClientAsync();
                var stream = client.GetStream();
                var prefix = new byte[2];
                await stream.ReadExactlyAsync(prefix);
                var question = new byte[BinaryPrimitives.ReadUInt16BigEndian(prefix)];
                await stream.ReadExactlyAsync(question);
                var answer = Answer(question, Records(question), isCut: false);
                BinaryPrimitives.WriteUInt16BigEndian(prefix, (ushort)answer.Length);
                await stream.WriteAsync((byte[])[.. prefix, .. answer]);
            }
        }
        catch (Exception over) when (over is ObjectDisposedException or SocketException or IOException)
        {
            // the test is over
        }
    }

    private SrvRecord[]? Records(byte[] question)
    {
        var name = new StringBuilder();
        for (var at = 12; question[at] != 0; at += question[at] + 1)
            name.Append(Encoding.ASCII.GetString(question, at + 1, question[at])).Append('.');
        return _zone.GetValueOrDefault(name.ToString().TrimEnd('.'));
    }

    // The records' own name is a pointer to the question's, as servers write it. No records: the name does not exist.
    private static byte[] Answer(byte[] question, SrvRecord[]? records, bool isCut)
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
}
