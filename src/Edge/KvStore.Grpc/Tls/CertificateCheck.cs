using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace KvStore.Grpc;

/// <summary>Judges a certificate against our own authorities (never the system's when authorities are given) and revocation list.</summary>
public static class CertificateCheck
{
    private const string ServerUsage = "1.3.6.1.5.5.7.3.1";
    private const string ClientUsage = "1.3.6.1.5.5.7.3.2";

    /// <summary>Sets of authorities tried when some have one name: four renewed at once, or sixteen generations of one. Rotations have two.</summary>
    private const int ChoicesMax = 16;

    /// <summary>
    /// Null when the certificate is good for that role; otherwise why not, for the log. From the chain that the transport built
    /// only the certificates which the other side sent are taken.
    /// </summary>
    public static string? Verify(X509Certificate2 leaf, X509Chain? sent, TlsMaterial material, CertificateRole role)
    {
        // As etcd: whatever was shown counts, authorities between the leaf and the root among it.
        IEnumerable<X509Certificate2> shown = sent is null ? [leaf] : sent.ChainPolicy.ExtraStore.Prepend(leaf);
        if (FirstRevoked(shown, material) is { } revoked)
            return Revoked(revoked);

        var refusal = Build(leaf, sent, material.Authorities, material, role);
        if (refusal is null || material.Authorities is not { } authorities)
            return refusal;
        return Choices(authorities).Any(choice => Build(leaf, sent, choice, material, role) is null) ? null : refusal;
    }

    private static X509Certificate2? FirstRevoked(IEnumerable<X509Certificate2> certificates, TlsMaterial material) =>
        material.Revoked is { } revoked ? certificates.FirstOrDefault(certificate => revoked.Contains(certificate.SerialNumberBytes.Span)) : null;

    private static string Revoked(X509Certificate2 certificate) => $"certificate serial {certificate.SerialNumber} is revoked";

    private static string? Build(X509Certificate2 leaf, X509Chain? sent, X509Certificate2Collection? authorities, TlsMaterial material, CertificateRole role)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        // Nothing is fetched during a handshake: an address inside a certificate is the other side's to choose.
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(role == CertificateRole.Server ? ServerUsage : ClientUsage));
        if (authorities is not null)
        {
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        if (sent is not null)
            chain.ChainPolicy.ExtraStore.AddRange(sent.ChainPolicy.ExtraStore);
        // One between that was not shown, because we have it ourselves, may be revoked as well.
        if (chain.Build(leaf))
            return FirstRevoked(chain.ChainElements.Select(static element => element.Certificate), material) is { } revoked ? Revoked(revoked) : null;
        return "x509: " + string.Join("; ", chain.ChainStatus.Select(status => status.Status.ToString()).Distinct());
    }

    /// <summary>
    /// The authorities with one of each name, in every choice. A renewed authority has its predecessor's name, and where certificates
    /// do not say which key signed them, the platform tries one of the namesakes and gives up when the signature is not its.
    /// </summary>
    private static IEnumerable<X509Certificate2Collection> Choices(X509Certificate2Collection authorities)
    {
        var names = authorities.GroupBy(authority => Convert.ToHexString(authority.SubjectName.RawData)).ToArray();
        if (names.All(namesakes => namesakes.Count() == 1))
            return [];
        IEnumerable<X509Certificate2[]> choices = [[]];
        foreach (var namesakes in names)
            choices = choices.SelectMany(choice => namesakes.Select(authority => (X509Certificate2[])[.. choice, authority]));
        return choices.Take(ChoicesMax).Select(choice => new X509Certificate2Collection(choice));
    }
}
