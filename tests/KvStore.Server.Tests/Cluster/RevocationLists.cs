using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace KvStore.Server.Tests.Cluster;

/// <summary>Revocation lists (PEM) by an authority of the moment: as in etcd, serial numbers alone decide.</summary>
internal static class RevocationLists
{
    public static string Empty => Make([]);

    public static string Of(params string[] certificateFiles) => Make(certificateFiles);

    private static string Make(string[] certificateFiles)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=revoker", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        using var authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));
        var list = new CertificateRevocationListBuilder();
        foreach (var file in certificateFiles)
        {
            using var certificate = X509Certificate2.CreateFromPem(File.ReadAllText(file));
            list.AddEntry(certificate);
        }

        return PemEncoding.WriteString("X509 CRL", list.Build(authority, crlNumber: 1, DateTimeOffset.UtcNow.AddDays(1), HashAlgorithmName.SHA256));
    }
}
