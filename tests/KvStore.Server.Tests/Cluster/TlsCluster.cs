using System.Globalization;
using KvStore.Grpc.Client;
using KvStore.Testing.Processes;

namespace KvStore.Server.Tests.Cluster;

/// <summary>Members over mutual TLS on loopback, each a process of its own, with certificates made by the script that operators use.</summary>
internal sealed class TlsCluster : IDisposable
{
    /// <summary>On loopback only a stopped process does not answer; TLS on a busy machine takes its time.</summary>
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(3);

    private readonly TestFolder _folder = new();
    private readonly List<ServerProcess> _retired = [];
    private int _made;

    private TlsCluster()
    {
    }

    public IReadOnlyList<ServerProcess> Members { get; private set; } = [];

    public string Certificates => _folder.Combine("certs");

    public static async Task<TlsCluster> StartAsync(int members, params string[] further)
    {
        var cluster = new TlsCluster();
        await MakeCertificatesAsync(cluster.Certificates, members);
        cluster._made = members;
        cluster.Members = ServerProcess.Cluster(Checkout.Server, cluster._folder.Path, members, "https", name => [.. cluster.TlsFlags(name), .. further]);
        foreach (var member in cluster.Members)
            member.Start();
        foreach (var member in cluster.Members)
            await member.UntilReadyAsync();
        return cluster;
    }

    /// <summary>One more member of these, to be added and then started.</summary>
    public async Task<ServerProcess> MakeJoinerAsync(params string[] further)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"m{++_made}");
        await TestCertificates.MakeAsync(Certificates, "member", name, "127.0.0.1,localhost");
        var ports = FreePorts.Take(2);
        string Url(int port) => string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{port}");
        var initial = string.Join(',', Members.Select(member => $"{member.Name}={Url(member.PeerPort)}").Append($"{name}={Url(ports[1])}"));
        var joiner = new ServerProcess(Checkout.Server, name, ports[0], ports[1],
        [
            "--name", name, "--data-dir", _folder.Combine(name),
            "--listen-client-urls", Url(ports[0]), "--advertise-client-urls", Url(ports[0]),
            "--listen-peer-urls", Url(ports[1]), "--initial-advertise-peer-urls", Url(ports[1]),
            "--initial-cluster", initial, "--initial-cluster-state", "existing", .. TlsFlags(name), .. further,
        ]);
        Members = [.. Members, joiner];
        return joiner;
    }

    /// <summary>A member that is none any more: its process goes on to its own end, or to that of the cluster.</summary>
    public void Retire(ServerProcess member)
    {
        Members = [.. Members.Where(other => other != member)];
        _retired.Add(member);
    }

    /// <summary>kvctl as an administrator of this cluster starts it.</summary>
    public IEnumerable<string> CtlFlags()
    {
        var tls = ClientTls();
        return
        [
            "--endpoints", string.Join(',', Members.Select(Url)),
            "--cacert", tls.CaFile!, "--cert", tls.CertificateFile!, "--key", tls.KeyFile!,
        ];
    }

    /// <summary>Certificates of a stranger's authority, made the same way.</summary>
    public async Task<string> MakeForeignCertificatesAsync()
    {
        var folder = _folder.Combine("foreign");
        await MakeCertificatesAsync(folder, 1);
        return folder;
    }

    public TlsClientOptions ClientTls(string? certificates = null, string name = "client") => new()
    {
        CaFile = Path.Combine(Certificates, "ca.crt"),
        CertificateFile = Path.Combine(certificates ?? Certificates, name + ".crt"),
        KeyFile = Path.Combine(certificates ?? Certificates, name + ".key"),
    };

    /// <summary>Another authority of the same name, and certificates by it for every member and client, in a folder of their own.</summary>
    public async Task<string> MakeNextCertificatesAsync()
    {
        var folder = _folder.Combine("next");
        await MakeCertificatesAsync(folder, Members.Count);
        return folder;
    }

    public GrpcChannel Connect(params IEnumerable<ServerProcess> members) =>
        new([.. members.Select(Url)], new GrpcChannelOptions { Tls = ClientTls(), ConnectTimeout = ConnectLimit });

    public static string Url(ServerProcess member) => "https://" + member.Endpoint;

    public IEnumerable<string> TlsFlags(string name, string? certificates = null)
    {
        string Own(string file) => Path.Combine(certificates ?? Certificates, file);
        return
        [
            "--cert-file", Own(name + ".crt"), "--key-file", Own(name + ".key"),
            "--client-cert-auth", "--trusted-ca-file", Path.Combine(Certificates, "ca.crt"),
            "--peer-cert-file", Own(name + ".crt"), "--peer-key-file", Own(name + ".key"),
            "--peer-client-cert-auth", "--peer-trusted-ca-file", Own("ca.crt"),
        ];
    }

    public string Folder(string name) => _folder.Combine(name);

    public void Dispose()
    {
        foreach (var member in Members.Concat(_retired))
            member.Dispose();
        _folder.Dispose();
    }

    private static async Task MakeCertificatesAsync(string folder, int members)
    {
        await TestCertificates.MakeAsync(folder, "ca");
        await TestCertificates.MakeAsync(folder, "client", "client");
        for (var i = 1; i <= members; i++)
            await TestCertificates.MakeAsync(folder, "member", string.Create(CultureInfo.InvariantCulture, $"m{i}"), "127.0.0.1,localhost");
    }
}
