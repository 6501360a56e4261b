using System.Net;
using System.Net.Security;
using System.Security.Authentication;

namespace KvStore.Grpc.Server;

/// <summary>Certificates of a listener. The files are read again when they have changed, at the next handshake.</summary>
public sealed record TlsServerOptions
{
    /// <summary>Our certificate with its intermediates, and its key (PEM).</summary>
    public required string CertificateFile { get; init; }

    public required string KeyFile { get; init; }

    /// <summary>
    /// Authorities whose clients are let in. Giving them is asking for a certificate, required and verified, as with etcd's
    /// `--trusted-ca-file`.
    /// </summary>
    public string? ClientCaFile { get; init; }

    /// <summary>Serial numbers refused (PEM or DER revocation list).</summary>
    public string? CrlFile { get; init; }

    /// <summary>Common names let in; empty lets every verified one in (`--peer-cert-allowed-cn`).</summary>
    public IReadOnlyList<string> AllowedCommonNames { get; init; } = [];

    /// <summary>Host names of which the certificate must be for one; empty asks for none (`--client-cert-allowed-hostname`).</summary>
    public IReadOnlyList<string> AllowedHostNames { get; init; } = [];

    /// <summary>
    /// True: a certificate that names addresses or hosts must name the one it comes from. etcd does so for peers, unless
    /// `--peer-skip-client-san-verification`.
    /// </summary>
    public bool VerifyRemoteAddress { get; init; }

    public SslProtocols Protocols { get; init; } = SslProtocols.Tls12 | SslProtocols.Tls13;

    /// <summary>Null leaves the choice to the platform, which offers no weak ones.</summary>
    public IReadOnlyList<TlsCipherSuite>? CipherSuites { get; init; }

    /// <summary>Told of every connection that was turned away, and why. Any thread; must not throw.</summary>
    public Action<EndPoint?, string>? OnRejected { get; init; }

    /// <summary>Told when changed files were read and count from now on. Any thread; must not throw.</summary>
    public Action<TlsMaterial>? OnReplaced { get; init; }

    /// <summary>Told when changed files could not be used and the ones before stay in force.</summary>
    public Action<Exception>? OnUnreadable { get; init; }
}
