using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.AspNetCore.Http.Features;

namespace KvStore.Grpc.Server;

/// <summary>
/// Puts TLS under a connection. Kestrel's own middleware would do, but keeps the reason of a failed handshake to itself; operators
/// need it ("rejected connection on client endpoint"). One instance per listener; thread-safe.
/// </summary>
internal sealed class TlsHandshake(TlsServerOptions tls, GrpcKestrelOptions options)
{
    private readonly TlsMaterialSource _source = new(new TlsFiles(tls.CertificateFile, tls.KeyFile, tls.ClientCaFile, tls.CrlFile), tls.OnUnreadable, tls.OnReplaced);
    private readonly ClientCertificateRules _rules = new(tls);

    /// <summary>Reads the files: what they hold at the start stays in force when they are broken before the first handshake.</summary>
    public void Prepare() => _source.Current();

    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var clear = connection.Transport;
        var attempt = new Attempt();
        await using var ssl = new SslStream(new TransportStream(clear), leaveInnerStreamOpen: false);
        if (await AuthenticateAsync(ssl, attempt, connection).ConfigureAwait(false) is { } reason)
        {
            tls.OnRejected?.Invoke(connection.RemoteEndPoint, reason);
            connection.Abort(new ConnectionAbortedException("tls handshake: " + reason));
            return;
        }

        var session = new TlsSession(ssl);
        connection.Features.Set<ITlsConnectionFeature>(session);
        connection.Features.Set<ITlsApplicationProtocolFeature>(session);
        var input = PipeReader.Create(ssl, new StreamPipeReaderOptions(bufferSize: 16 * 1024, minimumReadSize: 4 * 1024, leaveOpen: true, useZeroByteReads: true));
        var output = PipeWriter.Create(ssl, new StreamPipeWriterOptions(leaveOpen: true));
        try
        {
            var inside = new Duplex(input, output);
            connection.Transport = inside;
            if (ssl.NegotiatedApplicationProtocol == SslApplicationProtocol.Http2)
                ClientGuard.Use(connection, inside, options);
            await next(connection).ConfigureAwait(false);
        }
        finally
        {
            await input.CompleteAsync().ConfigureAwait(false);
            await CompleteQuietlyAsync(output).ConfigureAwait(false);
            connection.Transport = clear;
        }
    }

    /// <summary>Null when the other side is let in, else why not.</summary>
    private async ValueTask<string?> AuthenticateAsync(SslStream ssl, Attempt attempt, ConnectionContext connection)
    {
        using var limit = new CancellationTokenSource(options.HandshakeTimeout, options.Time);
        try
        {
            var material = _source.Current();
            await ssl.AuthenticateAsServerAsync(ServerOptions(material, attempt), limit.Token).ConfigureAwait(false);
            return await _rules.RefusalAsync(ssl.RemoteCertificate as X509Certificate2, connection.RemoteEndPoint, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return "tls: handshake timed out";
        }
        catch (Exception failure) when (failure is AuthenticationException or IOException or System.ComponentModel.Win32Exception or InvalidOperationException
            or System.Security.Cryptography.CryptographicException or InvalidDataException or UnauthorizedAccessException)
        {
            return attempt.Refusal ?? Describe(failure);
        }
    }

    private SslServerAuthenticationOptions ServerOptions(TlsMaterial material, Attempt attempt)
    {
        var asksForCertificate = tls.ClientCaFile is not null;
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = material.OwnContext,
            ClientCertificateRequired = asksForCertificate,
            EnabledSslProtocols = tls.Protocols,
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            // A resumed session would skip the certificate's check, and so a revocation since.
            AllowTlsResume = !asksForCertificate,
            AllowRenegotiation = false,
            CipherSuitesPolicy = CipherSuites(),
            RemoteCertificateValidationCallback = asksForCertificate
                ? (_, certificate, chain, _) => (attempt.Refusal = Refusal(certificate, chain, material)) is null
                : null,
        };
    }

    private CipherSuitesPolicy? CipherSuites()
    {
        if (tls.CipherSuites is not { Count: > 0 } suites || OperatingSystem.IsWindows() || OperatingSystem.IsMacOS())
            return null;
#pragma warning disable CA1416 // Guarded above: only Windows and macOS choose ciphers by system policy.
        return new CipherSuitesPolicy(suites);
#pragma warning restore CA1416
    }

    private static string? Refusal(X509Certificate? certificate, X509Chain? chain, TlsMaterial material) => certificate is X509Certificate2 leaf
        ? CertificateCheck.Verify(leaf, chain, material, CertificateRole.Client)
        : "tls: client didn't provide a certificate";

    private static string Describe(Exception failure)
    {
        var deepest = failure;
        while (deepest.InnerException is { } inner)
            deepest = inner;
        // The other side went away before it said anything: port scans and health checks do. Logged at debug level by etcd.
        return failure is IOException && deepest.Message.Contains("EOF", StringComparison.Ordinal) ? "EOF" : deepest.Message;
    }

    private static async ValueTask CompleteQuietlyAsync(PipeWriter output)
    {
        try
        {
            await output.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException or InvalidOperationException or ConnectionAbortedException)
        {
            // The connection ended before its last bytes left; its owner has heard already.
        }
    }

    /// <summary>What the validation callback of one handshake found.</summary>
    private sealed class Attempt
    {
        public string? Refusal { get; set; }
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
