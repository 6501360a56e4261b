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
        var ssl = new SslClientAuthenticationOptions
        {
            TargetHost = options.ServerName ?? name.Host,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                options.InsecureSkipVerify || Verify(source, certificate, chain, errors) is null,
        };
        if (options.CertificateFile is not null)
            ssl.LocalCertificateSelectionCallback = (_, _, _, _, _) => source.Current().Certificate!;
        return ssl;
    }

    private static string? Verify(TlsMaterialSource source, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is not X509Certificate2 leaf)
            return "the server showed no certificate";
        if ((errors & SslPolicyErrors.RemoteCertificateNameMismatch) != 0)
            return "the server's certificate is for another name";
        return CertificateCheck.Verify(leaf, chain, source.Current(), CertificateRole.Server);
    }
}
