using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace KvStore.Ctl.Arguments;

/// <summary>
/// Files of TLS that cannot serve, said at once and in the words of Go's: a handshake that fails for them would be tried again until the
/// time is over.
/// </summary>
internal static class CertificateFiles
{
    private const string KeyMark = "PRIVATE KEY-----";
    private const string CertificateMark = "-----BEGIN CERTIFICATE-----";
    private const string AnyMark = "-----BEGIN ";

    /// <summary>The file has a certificate, and nothing that should be one and is not.</summary>
    public static void MustBeAuthorities(string file)
    {
        try
        {
            var found = new X509Certificate2Collection();
            found.ImportFromPem(Read(file));
            if (found.Count == 0)
                throw Unusable($"x509: no certificate in {file}");
        }
        catch (CryptographicException)
        {
            throw Unusable($"x509: malformed certificate in {file}");
        }
    }

    /// <summary>A certificate, and the key of just that one.</summary>
    public static void MustBeAPair(string certificateFile, string keyFile)
    {
        var (certificate, key) = (Read(certificateFile), Read(keyFile));
        if (!certificate.Contains(CertificateMark, StringComparison.Ordinal))
            throw Unusable(certificate.Contains(KeyMark, StringComparison.Ordinal)
                ? "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched"
                : Missing(certificate, "certificate"));
        if (!key.Contains(KeyMark, StringComparison.Ordinal))
            throw Unusable(key.Contains(CertificateMark, StringComparison.Ordinal)
                ? "tls: found a certificate rather than a key in the PEM for the private key"
                : Missing(key, "key"));
        try
        {
            using var alone = X509Certificate2.CreateFromPem(certificate);
        }
        catch (CryptographicException)
        {
            throw Unusable($"x509: malformed certificate in {certificateFile}");
        }

        try
        {
            using var pair = X509Certificate2.CreateFromPem(certificate, key);
        }
        catch (Exception unfit) when (unfit is CryptographicException or ArgumentException)
        {
            // Of another certificate, of another kind of key, or broken: the platform does not say which.
            throw Unusable("tls: private key does not match public key");
        }
    }

    private static string Missing(string text, string what) => text.Contains(AnyMark, StringComparison.Ordinal)
        ? $"tls: failed to find \"{what.ToUpperInvariant()}\" PEM block in {what} input"
        : $"tls: failed to find any PEM data in {what} input";

    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException)
        {
            var reason = unusable switch
            {
                FileNotFoundException or DirectoryNotFoundException => "no such file or directory",
                UnauthorizedAccessException => "permission denied",
                _ => unusable.Message,
            };
            throw Unusable($"open {file}: {reason}");
        }
    }

    private static CtlException Unusable(string text) => new(ExitCode.BadArguments, GoText.Of(text));
}
