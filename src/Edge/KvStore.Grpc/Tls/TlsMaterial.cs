using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace KvStore.Grpc;

/// <summary>What the files held when they were read. Immutable; replaced as a whole.</summary>
public sealed record TlsMaterial
{
    /// <summary>Our own certificate with its key; null when none is configured.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>The same as handshakes want it, with what stands behind it in its file; null when none is configured.</summary>
    public SslStreamCertificateContext? OwnContext { get; init; }

    /// <summary>The only roots trusted; null means the system's.</summary>
    public X509Certificate2Collection? Authorities { get; init; }

    public RevocationList? Revoked { get; init; }
}
