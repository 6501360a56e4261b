using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using KvStore.Node.Bootstrap;
using KvStore.Primitives;
using KvStore.Testing.Processes;

namespace KvStore.Interop.Tests.Ctl;

/// <summary>
/// Three members over mutual TLS for a script, and a fourth that it may start. Clusters that run at once have other addresses and so
/// other ids; here they are chosen so that all else is the same: m1 to m3 stand in the order of their ids, all ids are as long as one
/// another in every form, and m1 leads from the second term on.
/// </summary>
internal sealed partial class ScriptCluster : IDisposable
{
    private const int Founders = 3;
    private const string Token = "etcd-cluster";

    /// <summary>Only m1 is in a hurry to lead: there is one first term and one first leader, and no second one on a busy machine.</summary>
    private const string HurriedElectionMillis = "1500", PatientElectionMillis = "10000";

    private readonly string _program;
    private readonly string _folder;
    private readonly string _certificates;
    private readonly int[] _clientPorts = FreePorts.Take(Founders + 1);
    private readonly int[] _peerPorts;
    private readonly List<ServerProcess> _members = [];

    /// <summary>Holds the ports of the member that starts last: until then any connection might be given one of them.</summary>
    private readonly List<Socket> _reserved = [];

    /// <param name="program">The server.</param>
    /// <param name="folder">Of this cluster.</param>
    /// <param name="certificates">With m1 to m4, client, and the authority of all, ca.crt.</param>
    public ScriptCluster(string program, string folder, string certificates)
    {
        (_program, _folder, _certificates) = (program, folder, certificates);
        MemberId[] ids;
        ClusterId cluster;
        do
        {
            _peerPorts = FreePorts.Take(Founders + 1);
            Array.Sort(_peerPorts, 0, Founders, Comparer<int>.Create((left, right) => IdOf(left).CompareTo(IdOf(right))));
            ids = [.. _peerPorts[..Founders].Select(IdOf)];
            cluster = MemberIdentity.OfCluster(ids);
        }
        while (ids.Select(id => id.Value).Append(cluster.Value).Any(id => id <= long.MaxValue) || _clientPorts.Concat(_peerPorts).Any(port => port < 10_000));

        foreach (var port in new[] { _clientPorts[Founders], _peerPorts[Founders] })
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            _reserved.Add(socket);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
        }

        Names["cluster"] = Hex(cluster.Value);
        for (var i = 0; i < Founders; i++)
            Names[Name(i)] = Hex(ids[i].Value);
        Names["all"] = string.Join(',', _clientPorts[..Founders].Select(Url));
        for (var i = 0; i <= Founders; i++)
        {
            (Names[$"e{i + 1}"], Names[$"p{i + 1}"]) = (Url(_clientPorts[i]), Url(_peerPorts[i]));
            Names[$"h{i + 1}"] = Names[$"e{i + 1}"]["https://".Length..];
        }
    }

    /// <summary>What lines may name, each in braces: ids of members m1 to m3, client URLs e1 to e4 and peer URLs p1 to p4, h1 to h4 without a scheme.</summary>
    public Dictionary<string, string> Names { get; } = new(StringComparer.Ordinal);

    /// <summary>The flags of a line that says nothing of TLS.</summary>
    public IReadOnlyList<string> TlsFlags =>
        [$"--cacert={Path.Combine(_certificates, "ca.crt")}", $"--cert={Path.Combine(_certificates, "client.crt")}", $"--key={Path.Combine(_certificates, "client.key")}"];

    public static bool IsOfTls(string word) => word.Split('=')[0] is "--cacert" or "--cert" or "--key" or "--insecure-skip-tls-verify" or "--insecure-transport";

    /// <summary>A number as protobuf writes it, one char for each byte.</summary>
    public static string Encoded(ulong number)
    {
        var text = new StringBuilder();
        for (; number >= 0x80; number >>= 7)
            text.Append((char)((byte)number | 0x80));
        return text.Append((char)number).ToString();
    }

    public async Task StartAsync()
    {
        for (var i = 0; i < Founders; i++)
            Start(i, Founders, "new");
        foreach (var member in _members)
            await member.UntilReadyAsync().ConfigureAwait(false);
    }

    /// <summary>"start m4": the member that was added just now, until it serves.</summary>
    public async Task ActAsync(string[] words)
    {
        Assert.Equal(["start", "m4"], words);
        Release();
        Start(Founders, Founders + 1, "existing");
        await _members[^1].UntilReadyAsync().ConfigureAwait(false);
    }

    /// <summary>Without what chance decides: which of several members answered, how long a new id is when it is encoded, how soon a refused certificate shows.</summary>
    public static string WithoutChance(string text, string[] words)
    {
        var endpoints = words.SkipWhile(word => word != "--endpoints").Skip(1).FirstOrDefault("");
        if (!words.Contains("endpoint") && endpoints.Contains(',', StringComparison.Ordinal))
            text = Answering().Replace(text, "$1<any>");
        if (words.Any(IsOfTls))
            text = LostConnection().Replace(text, "context deadline exceeded");
        return DigitsOfNew().Replace(LengthOfNew().Replace(text, "?"), " ");
    }

    /// <summary>The parts of an answer, each about one member, in the order of their texts: the id of a new one is anywhere among the others, and healths come as they come.</summary>
    public static string Ordered(string text) =>
        string.Join('\n', Parts().Split(text).Select(part => part.Trim(',', '[', ']', '{', '}', '\n')).Order(StringComparer.Ordinal));

    public void Dispose()
    {
        Release();
        foreach (var member in _members)
            member.Dispose();
    }

    private void Release()
    {
        foreach (var socket in _reserved)
            socket.Dispose();
        _reserved.Clear();
    }

    private void Start(int index, int members, string state)
    {
        string File(string extension) => Path.Combine(_certificates, Name(index) + extension);
        var authority = Path.Combine(_certificates, "ca.crt");
        var member = new ServerProcess(_program, Name(index), _clientPorts[index], _peerPorts[index],
        [
            "--name", Name(index), "--data-dir", Path.Combine(_folder, Name(index)),
            "--listen-client-urls", Url(_clientPorts[index]), "--advertise-client-urls", Url(_clientPorts[index]),
            "--listen-peer-urls", Url(_peerPorts[index]), "--initial-advertise-peer-urls", Url(_peerPorts[index]),
            "--initial-cluster", string.Join(',', Enumerable.Range(0, members).Select(i => $"{Name(i)}={Url(_peerPorts[i])}")),
            "--initial-cluster-state", state, "--initial-cluster-token", Token,
            "--heartbeat-interval", "100", "--election-timeout", index == 0 ? HurriedElectionMillis : PatientElectionMillis, "--initial-election-tick-advance=false",
            // Members are added and removed before they have been connected for the five seconds that are asked for otherwise.
            "--strict-reconfig-check=false", "--experimental-watch-progress-notify-interval", "1s",
            "--cert-file", File(".crt"), "--key-file", File(".key"), "--client-cert-auth", "--trusted-ca-file", authority,
            "--peer-cert-file", File(".crt"), "--peer-key-file", File(".key"), "--peer-client-cert-auth", "--peer-trusted-ca-file", authority,
        ]);
        _members.Add(member);
        member.Start();
    }

    private static MemberId IdOf(int peerPort) => MemberIdentity.OfFounder([Url(peerPort)], Token);

    private static string Name(int index) => string.Create(CultureInfo.InvariantCulture, $"m{index + 1}");

    private static string Url(int port) => string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{port}");

    private static string Hex(ulong id) => id.ToString("x", CultureInfo.InvariantCulture);

    /// <summary>Before a member in JSON, in an encoded answer and among fields; behind an empty line, or, where there are no fields, behind any.</summary>
    [GeneratedRegex("(?s)(?=\\{\"(?:ID|Endpoint|endpoint)\":)|(?=[\u0012\u001a].\\x08<)|(?=\"ID\" : <)|(?<=\n\n)|(?<=^[^\"]*\n)")]
    private static partial Regex Parts();

    /// <summary>An id is filled up with blanks.</summary>
    [GeneratedRegex(" +(?=<new>)")]
    private static partial Regex DigitsOfNew();

    [GeneratedRegex("(?s).(?=\\x08(<cluster>\\x10)?<new>)")]
    private static partial Regex LengthOfNew();

    [GeneratedRegex("rpc error: code = Unavailable desc = error reading from server: .*")]
    private static partial Regex LostConnection();

    [GeneratedRegex("(\"member_id\":|\"MemberID\" : |\u0010)<m[1-3]>")]
    private static partial Regex Answering();
}
