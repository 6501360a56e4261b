using System.Security.Cryptography.X509Certificates;

namespace KvStore.Grpc;

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

    /// <summary>
    /// Why a verified certificate is not one of those that may speak: empty lists allow all (etcd's AllowedCN and AllowedHostname, which count
    /// on both ends of a connection between members). Null when it is.
    /// </summary>
    public static string? Refusal(X509Certificate2 certificate, IReadOnlyList<string> allowedCommonNames, IReadOnlyList<string> allowedHostNames)
    {
        var name = CommonName(certificate);
        if (allowedCommonNames.Count > 0 && !(name is not null && allowedCommonNames.Contains(name, StringComparer.Ordinal)))
            return $"client certificate authentication failed: common name {name ?? "(none)"} is not allowed";
        return allowedHostNames.Count > 0 && !allowedHostNames.Any(host => certificate.MatchesHostname(host))
            ? "client certificate authentication failed: the certificate is for none of the allowed host names"
            : null;
    }
}
