using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using KvStore.Testing.Processes;

namespace KvStore.Server.Tests.Process;

/// <summary>Flags whose effect is seen on the wire or in files of a running member.</summary>
public sealed class ListenerFlagTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task AutoTls_ServesACertificateOfItsOwnAndKeepsIt()
    {
        using var folder = new TestFolder();
        using var member = SecureMember(folder, "--cipher-suites", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "--self-signed-cert-validity=2");
        member.Start();
        await member.UntilReadyAsync(Patience);
        var first = await ShownAsync(member);
        using var certificate = X509CertificateLoader.LoadCertificate(first.Certificate);
        Assert.Equal("O=etcd", certificate.Subject);
        Assert.True(certificate.MatchesHostname("127.0.0.1"));
        Assert.InRange(certificate.NotAfter.ToUniversalTime(), DateTime.UtcNow.AddYears(2).AddHours(-1), DateTime.UtcNow.AddYears(2));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder.Combine("data"), "fixtures", "client", "key.pem")));

        await member.KillAsync();
        member.Start();
        await member.UntilReadyAsync(Patience);
        var second = await ShownAsync(member);
        Assert.Equal(first.Certificate, second.Certificate);
    }

    [Theory]
    [InlineData("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384)]
    [InlineData("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)]
    public async Task CipherSuites_AreTheOnesSpoken(string name, TlsCipherSuite suite)
    {
        using var folder = new TestFolder();
        using var member = SecureMember(folder, "--tls-max-version=TLS1.2", "--cipher-suites", name);
        member.Start();
        await member.UntilReadyAsync(Patience);
        var shown = await ShownAsync(member);
        Assert.Equal(suite, shown.Suite);
    }

    [Fact]
    public async Task PeerAutoTls_JoinsThreeMembers()
    {
        using var folder = new TestFolder();
        var members = ServerProcess.Cluster(Checkout.Server, folder.Path, 3, "https", _ => ["--auto-tls", "--peer-auto-tls"]);
        try
        {
            foreach (var member in members)
                member.Start();
            foreach (var member in members)
                await member.UntilReadyAsync(Patience);
        }
        finally
        {
            foreach (var member in members)
                member.Dispose();
        }
    }

    [Fact]
    public async Task ReusePort_LetsTwoListenOnOne()
    {
        using var folder = new TestFolder();
        using var first = ServerProcess.OneMember(Checkout.Server, folder.Combine("first"), "--socket-reuse-port");
        var shared = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{first.ClientPort}");
        using var second = ServerProcess.OneMember(
            Checkout.Server, folder.Combine("second"), "--socket-reuse-port", "--listen-client-urls", shared, "--advertise-client-urls", shared);
        first.Start();
        await first.UntilReadyAsync(Patience);
        second.Start();
        await second.UntilReadyAsync(Patience);
    }

    [Fact]
    public async Task LogOutputs_AllGetTheLines()
    {
        using var folder = new TestFolder();
        using var member = ServerProcess.OneMember(Checkout.Server, folder.Combine("data"), "--log-outputs", "stderr,stdout," + folder.Combine("a.log"));
        member.Start();
        await member.UntilReadyAsync(Patience);
        await member.TerminateAsync();
        Assert.Contains("ready to serve client requests", member.Process.Output, StringComparison.Ordinal);
        Assert.Contains("ready to serve client requests", await File.ReadAllTextAsync(folder.Combine("a.log")), StringComparison.Ordinal);
    }

    private static ServerProcess SecureMember(TestFolder folder, params string[] further)
    {
        var plain = ServerProcess.OneMember(Checkout.Server, folder.Combine("data"), further);
        var url = string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{plain.ClientPort}");
        return plain.With("--auto-tls", "--listen-client-urls", url, "--advertise-client-urls", url);
    }

    private static async Task<Session> ShownAsync(ServerProcess member)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", member.ClientPort);
        // Nobody vouches for a self-signed certificate: that there is one is all to ask for.
        await using var ssl = new SslStream(socket.GetStream(), leaveInnerStreamOpen: false, (_, certificate, _, _) => certificate is not null);
        await ssl.AuthenticateAsClientAsync("127.0.0.1");
        return new Session(ssl.RemoteCertificate!.GetRawCertData(), ssl.NegotiatedCipherSuite);
    }

    private sealed record Session(byte[] Certificate, TlsCipherSuite Suite);
}
