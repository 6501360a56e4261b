using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace KvStore.Grpc;

/// <summary>Judges a certificate against our own authorities (never the system's when authorities are given) and revocation list.</summary>
public static class CertificateCheck
{
    private const string ServerUsage = "1.3.6.1.5.5.7.3.1";
    private const string ClientUsage = "1.3.6.1.5.5.7.3.2";

    /// <summary>
    /// Null when the certificate is good for that role; otherwise why not, for the log. From the chain that the transport built
    /// only the certificates which the other side sent are taken.
    /// </summary>
    public static string? Verify(X509Certificate2 leaf, X509Chain? sent, TlsMaterial material, CertificateRole role)
    {
        if (material.Revoked is { } revoked && revoked.Contains(leaf.SerialNumberBytes.Span))
            return $"certificate serial {leaf.SerialNumber} is revoked";

        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        // Nothing is fetched during a handshake: an address inside a certificate is the other side's to choose.
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(role == CertificateRole.Server ? ServerUsage : ClientUsage));
        if (material.Authorities is { } authorities)
        {
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        if (sent is not null)
            chain.ChainPolicy.ExtraStore.AddRange(sent.ChainPolicy.ExtraStore);
        if (chain.Build(leaf))
            return null;
        return "x509: " + string.Join("; ", chain.ChainStatus.Select(status => status.Status.ToString()).Distinct());
    }
}
