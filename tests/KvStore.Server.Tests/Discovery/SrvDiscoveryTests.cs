using KvStore.Hosting.Discovery;
using KvStore.Server.Configuration;
using KvStore.Server.Discovery;
using KvStore.Server.Hosting;
using KvStore.Testing.Network;
using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace KvStore.Server.Tests.Discovery;

/// <summary>Bootstrap from DNS, against a name server of the test's own.</summary>
public sealed class SrvDiscoveryTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private const string Refused = "no name server answers for _etcd-server._tcp.example.com: the name server answered with code 2";

    private readonly NameServer _names = new();
    private readonly Lines _lines = new();
    private readonly ILogger _logger;

    public SrvDiscoveryTests() => _logger = new LoggerConfiguration().WriteTo.Sink(_lines).CreateLogger();

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

    [Fact]
    public async Task NameServer_ThatRefuses_IsNotAskedWhereAnotherAnswers()
    {
        using var refusing = new NameServer { RefusedFirst = int.MaxValue };
        _names.Add("_etcd-server._tcp.example.com", ("a.example.com", 1));
        var lookup = new DnsServiceLookup([refusing.Endpoint, _names.Endpoint]);
        Assert.Equal([new SrvRecord("a.example.com", 1)], await lookup.FindAsync("_etcd-server._tcp.example.com", CancellationToken.None).WaitAsync(Patience));
        Assert.Equal((1, 1), (refusing.Asked, _names.Asked));
    }

    /// <summary>A name server may be starting like the member. Two names, each asked twice, are one attempt.</summary>
    [Fact]
    public async Task NameServer_ThatRefusesAtFirst_IsAskedAgain()
    {
        _names.RefusedFirst = 2 * 4;
        _names.Add("_etcd-server._tcp.example.com", ("127.0.0.1", 2380));
        var cluster = await FindAsync("--initial-advertise-peer-urls=http://127.0.0.1:2380");
        Assert.Equal(["http://127.0.0.1:2380"], cluster["m1"]);
        Assert.Equal([Retry("00:00:01"), Retry("00:00:02")], _lines.Written);
    }

    [Fact]
    public async Task NameServer_ThatRefusesOn_EndsTheStartInTime()
    {
        _names.RefusedFirst = int.MaxValue;
        var exception = await Assert.ThrowsAsync<StartException>(() => FindAsync());
        Assert.Equal("--discovery-srv: example.com has no SRV records of members: " + Refused, exception.Message);
        Assert.Equal([Retry("00:00:01"), Retry("00:00:02"), Retry("00:00:04"), Retry("00:00:08"), Retry("00:00:15")], _lines.Written);
        Assert.Equal(6 * 4, _names.Asked);
    }

    private static string Retry(string pause) => $"failed to resolve during SRV discovery: \"{Refused}\" {pause}";

    private Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> FindAsync(params string[] further)
    {
        var options = ServerOptionsReader.Read(Settings.Join(
            CommandLine.Read(["--name=m1", "--discovery-srv=example.com", .. further]), new Dictionary<string, string>()));
        return new SrvDiscovery(Lookup, _logger, new HastyTime()).FindAsync(options, options.DiscoveryDomain!, CancellationToken.None).WaitAsync(Patience);
    }

    private sealed class Lines : ILogEventSink
    {
        public List<string> Written { get; } = [];

        public void Emit(LogEvent logEvent) =>
            Written.Add($"{logEvent.MessageTemplate.Text}: {logEvent.Properties["error"]} {logEvent.Properties["backoff"]}");
    }

    /// <summary>Time passes in pauses alone, and those are over at once.</summary>
    private sealed class HastyTime : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Read(ref _now);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Interlocked.Add(ref _now, dueTime.Ticks);
            return base.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }
}
