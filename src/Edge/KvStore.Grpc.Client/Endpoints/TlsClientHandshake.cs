using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace KvStore.Grpc.Client;

/// <summary>
/// Puts TLS over a connection that was made: own authorities, own certificate, both read again when their files change. The handler
/// could do it too, but it fixes the certificate's context at its birth, or shows the certificate without its intermediates. One
/// instance per endpoint; thread-safe.
/// </summary>
internal sealed class TlsClientHandshake(EndpointName name, TlsClientOptions options)
{
    private readonly TlsMaterialSource _source = new(
        new TlsFiles(options.CertificateFile, options.KeyFile, options.CaFile, options.CrlFile), options.OnUnreadable);

    public async ValueTask<Stream> RunAsync(Stream clear, Version http, CancellationToken cancellationToken)
    {
        var material = _source.Current();
        string? refusal = null;
        var ssl = new SslStream(clear, leaveInnerStreamOpen: false);
        try
        {
            var parameters = Parameters(material, http, (certificate, chain) => (refusal = Refusal(material, certificate, chain)) is null);
            await ssl.AuthenticateAsClientAsync(parameters, cancellationToken).ConfigureAwait(false);
            return ssl;
        }
        catch (AuthenticationException failure) when (refusal is not null)
        {
            await ssl.DisposeAsync().ConfigureAwait(false);
            // The platform's own words are only that a callback said no.
            throw new AuthenticationException("tls: " + refusal, failure.InnerException);
        }
        catch
        {
            await ssl.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private SslClientAuthenticationOptions Parameters(TlsMaterial material, Version http, Func<X509Certificate?, X509Chain?, bool> isAccepted) => new()
    {
        TargetHost = options.ServerName ?? name.Host,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        ApplicationProtocols = [http == HttpVersion.Version11 ? SslApplicationProtocol.Http11 : SslApplicationProtocol.Http2],
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        // A resumed session shows the certificates of before: after a rotation, or a revocation, they are the wrong ones.
        AllowTlsResume = false,
        ClientCertificateContext = material.OwnContext,
        RemoteCertificateValidationCallback = (_, certificate, chain, _) => options.InsecureSkipVerify || isAccepted(certificate, chain),
    };

    private string? Refusal(TlsMaterial material, X509Certificate? certificate, X509Chain? chain)
    {
        if (certificate is not X509Certificate2 leaf)
            return "the server showed no certificate";
        var expected = (options.ServerName ?? name.Host).Trim('[', ']');
        return leaf.MatchesHostname(expected, allowWildcards: true, allowCommonName: false)
            ? CertificateCheck.Verify(leaf, chain, material, CertificateRole.Server) ?? CertificateNames.Refusal(leaf, options.AllowedCommonNames, options.AllowedHostNames)
            : $"the server's certificate is not for {expected}";
    }
}
