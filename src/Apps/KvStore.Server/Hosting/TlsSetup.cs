using System.Globalization;
using System.Security.Cryptography;
using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Grpc.Server;
using KvStore.Server.Configuration;
using KvStore.Server.Logging;
using Serilog;

namespace KvStore.Server.Hosting;

/// <summary>The TLS of listeners and of connections to other members, from the options.</summary>
internal static class TlsSetup
{
    /// <summary>Null: connections to other members show nothing and ask for what the platform trusts.</summary>
    public static TlsClientOptions? ForPeers(ServerOptions options) =>
        options.PeerClientTls.HasCertificate || options.PeerTls.TrustedAuthorities.Length > 0
            ? new TlsClientOptions
            {
                CaFile = OrNull(options.PeerTls.TrustedAuthorities),
                CertificateFile = OrNull(options.PeerClientTls.Certificate),
                KeyFile = OrNull(options.PeerClientTls.Key),
                // A revoked member is refused whichever side calls. What is unreadable among these files the listener says.
                CrlFile = OrNull(options.PeerTls.RevocationList),
                // Whoever may not call us is not who we call.
                AllowedCommonNames = options.PeerTls.AllowedCommonNames,
                AllowedHostNames = options.PeerTls.AllowedHostNames,
                InsecureSkipVerify = options.PeerTls.IsSelfSigned,
            }
            : null;

    /// <summary>Null for a listener without a certificate: it speaks clear text.</summary>
    public static TlsServerOptions? ForListener(ServerOptions options, Configuration.TlsFiles files, string role, ILogger logger) => !files.HasCertificate ? null : new TlsServerOptions
    {
        CertificateFile = files.Certificate,
        KeyFile = files.Key,
        ClientCaFile = OrNull(files.TrustedAuthorities),
        CrlFile = OrNull(files.RevocationList),
        AllowedCommonNames = files.AllowedCommonNames,
        AllowedHostNames = files.AllowedHostNames,
        VerifyRemoteAddress = files.VerifiesRemoteAddress,
        Protocols = TlsVersions.Between(options.TlsMinVersion, options.TlsMaxVersion),
        CipherSuites = options.CipherSuites,
        OnRejected = (remote, reason) => logger.Warn($"rejected connection on {role} endpoint", ("remote-addr", remote?.ToString()), ("error", reason)),
        OnReplaced = material => logger.Info("changed certificate files are in force", ("endpoint", role),
            ("certificate-serial", material.Certificate?.SerialNumber), ("not-after", material.Certificate?.NotAfter.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture)),
            ("authorities", material.Authorities?.Count ?? 0), ("revoked", material.Revoked?.Count ?? 0)),
        OnUnreadable = exception => logger.Warn("changed certificate files cannot be used; those before stay in force", ("endpoint", role), ("error", exception.Message)),
    };

    /// <summary>
    /// Reads every file once. What cannot be used ends the start with a line that names it; found at the first handshake it would be
    /// a member that runs and serves nobody.
    /// </summary>
    public static void Check(ServerOptions options)
    {
        Check("client", options.ClientTls);
        Check("peer", options.PeerTls);
        Check("peer client", options.PeerClientTls);
    }

    private static void Check(string role, Configuration.TlsFiles files)
    {
        var (certificate, key) = files.HasCertificate ? (files.Certificate, files.Key) : (null, null);
        TryRead($"{role} certificate {certificate} with key {key}", new Grpc.TlsFiles(certificate, key, null, null));
        TryRead($"{role} certificate authorities {files.TrustedAuthorities}", new Grpc.TlsFiles(null, null, OrNull(files.TrustedAuthorities), null));
        TryRead($"{role} revocation list {files.RevocationList}", new Grpc.TlsFiles(null, null, null, OrNull(files.RevocationList)));
    }

    private static void TryRead(string what, Grpc.TlsFiles files)
    {
        try
        {
            new TlsMaterialSource(files).Current();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException or InvalidDataException or ArgumentException)
        {
            throw new StartException($"cannot use the {what}: {exception.Message.ReplaceLineEndings(" ")}", exception);
        }
    }

    private static string? OrNull(string path) => path.Length == 0 ? null : path;
}
