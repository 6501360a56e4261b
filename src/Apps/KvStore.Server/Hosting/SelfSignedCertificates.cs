using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using KvStore.Hosting;
using KvStore.Server.Configuration;
using KvStore.Server.Logging;
using Serilog;

namespace KvStore.Server.Hosting;

/// <summary>
/// The certificates of --auto-tls and --peer-auto-tls: made once in the data directory for the hosts that are listened on, and used
/// again at the next start. They encrypt and prove nothing: who connects cannot know whom he reaches.
/// </summary>
internal static class SelfSignedCertificates
{
    private const string ServerUsage = "1.3.6.1.5.5.7.3.1";
    private const string ClientUsage = "1.3.6.1.5.5.7.3.2";

    /// <summary>Makes what is missing or has ended. The data directory exists.</summary>
    public static void Prepare(ServerOptions options, ILogger logger, TimeProvider time)
    {
        Prepare("client", options.ClientTls, options.ListenClient.Concat(options.ListenClientHttp).Concat(options.ListenMetrics), options, logger, time);
        Prepare("peer", options.PeerTls, options.ListenPeer, options, logger, time);
    }

    private static void Prepare(string side, TlsFiles files, IEnumerable<Endpoint> endpoints, ServerOptions options, ILogger logger, TimeProvider time)
    {
        if (!files.IsSelfSigned)
            return;
        var now = time.GetUtcNow();
        if (File.Exists(files.Certificate) && File.Exists(files.Key))
        {
            using var present = X509Certificate2.CreateFromPem(File.ReadAllText(files.Certificate));
            if (present.NotAfter.ToUniversalTime() > now)
                return;
            logger.Warn("the self-signed certificate has ended; another is made", ("certificate", files.Certificate));
        }

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = Make(key, [.. endpoints.Select(endpoint => endpoint.Host).Distinct(StringComparer.Ordinal)], now, options.SelfSignedYears);
        var folder = Path.GetDirectoryName(files.Certificate)!;
        OsFileSystem.PrepareDataDirectory(folder);
        Write(files.Key, key.ExportECPrivateKeyPem());
        Write(files.Certificate, certificate.ExportCertificatePem());
        logger.Info("made a self-signed certificate", ("endpoint", side), ("certificate", files.Certificate), ("valid-years", options.SelfSignedYears));
    }

    private static X509Certificate2 Make(ECDsa key, IReadOnlyList<string> hosts, DateTimeOffset now, int years)
    {
        var request = new CertificateRequest("O=etcd", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ServerUsage), new Oid(ClientUsage)], critical: false));
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts)
        {
            if (IPAddress.TryParse(host, out var address))
                names.AddIpAddress(address);
            else if (host.Length > 0)
                names.AddDnsName(host);
        }

        request.CertificateExtensions.Add(names.Build());
        // Clocks differ a little.
        return request.CreateSelfSigned(now.AddMinutes(-5), now.AddYears(years));
    }

    private static void Write(string path, string text)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var writer = new StreamWriter(path, options);
        writer.Write(text);
    }
}
