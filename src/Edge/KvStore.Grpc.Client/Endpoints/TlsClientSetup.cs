using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace KvStore.Grpc.Client;

/// <summary>TLS as a client: own authorities, own certificate, both read again when their files change.</summary>
internal static class TlsClientSetup
{
    public static SslClientAuthenticationOptions For(EndpointName name, TlsClientOptions options)
    {
        var source = new TlsMaterialSource(new TlsFiles(options.CertificateFile, options.KeyFile, options.CaFile, options.CrlFile));
        // The handler replaces a target host of our own by the request's, so the name is judged here and not by the platform.
        var expectedName = options.ServerName ?? name.Host;
        var ssl = new SslClientAuthenticationOptions
        {
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                options.InsecureSkipVerify || ((errors & SslPolicyErrors.RemoteCertificateNotAvailable) == 0 && Verify(source, expectedName, certificate, chain) is null),
        };
        if (options.CertificateFile is not null)
            ssl.LocalCertificateSelectionCallback = (_, _, _, _, _) => source.Current().Certificate!;
        return ssl;
    }

    private static string? Verify(TlsMaterialSource source, string expectedName, X509Certificate? certificate, X509Chain? chain)
    {
        if (certificate is not X509Certificate2 leaf)
            return "the server showed no certificate";
        if (!leaf.MatchesHostname(expectedName.Trim('[', ']'), allowWildcards: true, allowCommonName: false))
            return "the server's certificate is for another name";
        return CertificateCheck.Verify(leaf, chain, source.Current(), CertificateRole.Server);
    }
}
