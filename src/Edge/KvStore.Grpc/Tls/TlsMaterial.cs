using System.Security.Cryptography.X509Certificates;

namespace KvStore.Grpc;

/// <summary>What the files held when they were read. Immutable; replaced as a whole.</summary>
public sealed record TlsMaterial
{
    /// <summary>Our own certificate with its key; null when none is configured.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>What stands behind the first certificate in the same file.</summary>
    public X509Certificate2Collection Intermediates { get; init; } = [];

    /// <summary>The only roots trusted; null means the system's.</summary>
    public X509Certificate2Collection? Authorities { get; init; }

    public RevocationList? Revoked { get; init; }
}
