using KvStore.Hosting.Discovery;
using KvStore.Server.Configuration;
using KvStore.Server.Discovery;
using KvStore.Server.Hosting;
using KvStore.Testing.Network;

namespace KvStore.Server.Tests.Discovery;

/// <summary>Bootstrap from DNS, against a name server of the test's own.</summary>
public sealed class SrvDiscoveryTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly NameServer _names = new();

    private DnsServiceLookup Lookup => new([_names.Endpoint]);

    public void Dispose() => _names.Dispose();

    [Fact]
    public async Task Records_ByUdp_AreRead()
    {
        _names.Add("_etcd-server._tcp.example.com", ("a.example.com", 2380), ("b.example.com", 7));
        Assert.Equal([new SrvRecord("a.example.com", 2380), new SrvRecord("b.example.com", 7)], await Lookup.FindAsync("_etcd-server._tcp.example.com", CancellationToken.None).WaitAsync(Patience));
    }

    [Fact]
    public async Task Records_ThatDoNotFit_AreAskedForOverTcp()
    {
        _names.CutsDatagrams = true;
        _names.Add("_etcd-server._tcp.example.com", ("a.example.com", 2380));
        Assert.Equal([new SrvRecord("a.example.com", 2380)], await Lookup.FindAsync("_etcd-server._tcp.example.com", CancellationToken.None).WaitAsync(Patience));
    }

    [Fact]
    public async Task Name_ThatDoesNotExist_HasNoRecords() =>
        Assert.Empty(await Lookup.FindAsync("_etcd-server._tcp.nowhere", CancellationToken.None).WaitAsync(Patience));

    [Fact]
    public void Answer_CutAnywhere_IsRefusedOrNotItsAnswer()
    {
        var question = DnsMessage.Ask(7, "_etcd-server._tcp.example.com");
        var answer = NameServer.Answer(question, [("a.example.com", 1)], isCut: false);
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
        _names.Add("_etcd-server._tcp.example.com", ("127.0.0.2", 2380), ("127.0.0.1", 2380), ("127.0.0.3", 2380));
        var cluster = await FindAsync("--initial-advertise-peer-urls=http://127.0.0.1:2380");
        Assert.Equal(["http://127.0.0.1:2380"], cluster["m1"]);
        Assert.Equal(["http://127.0.0.2:2380"], cluster["127.0.0.2:2380"]);
        Assert.Equal(["http://127.0.0.3:2380"], cluster["127.0.0.3:2380"]);
    }

    [Fact]
    public async Task ClusterName_IsTheEndOfTheServicesName()
    {
        _names.Add("_etcd-server-ssl-blue._tcp.example.com", ("127.0.0.1", 2380));
        var cluster = await FindAsync("--initial-advertise-peer-urls=https://127.0.0.1:2380", "--discovery-srv-name=blue");
        Assert.Equal(["https://127.0.0.1:2380"], cluster["m1"]);
    }

    [Fact]
    public async Task MemberThatIsNotAmongThem_IsRefusedInEtcdsWords()
    {
        _names.Add("_etcd-server._tcp.example.com", ("127.0.0.2", 2380));
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
}
