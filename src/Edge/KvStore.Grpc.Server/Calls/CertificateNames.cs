using System.Security.Cryptography.X509Certificates;

namespace KvStore.Grpc.Server;

/// <summary>The names in a certificate.</summary>
public static class CertificateNames
{
    private const string CommonNameOid = "2.5.4.3";

    /// <summary>The last common name of the subject, as Go's x509 reports it; null when there is none.</summary>
    public static string? CommonName(X509Certificate2 certificate)
    {
        string? name = null;
        foreach (var part in certificate.SubjectName.EnumerateRelativeDistinguishedNames(reversed: false))
        {
            if (!part.HasMultipleElements && part.GetSingleElementType().Value == CommonNameOid)
                name = part.GetSingleElementValue();
        }

        return name;
    }
}
