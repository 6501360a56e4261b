using System.IO.Pipelines;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace KvStore.Grpc.Server;

/// <summary>
/// HTTP/1.1 and HTTP/2 with prior knowledge on one clear-text port. Kestrel chooses the protocol of a connection by what TLS
/// negotiated and otherwise takes HTTP/1.1. So the first bytes are looked at, and when they are HTTP/2's preface the connection is
/// given the feature that says "h2 was negotiated". Needs <see cref="KestrelServerOptions.AllowAlternateSchemes"/>, since such a
/// connection then counts as encrypted while its requests say `http`.
/// </summary>
internal static class KestrelPreface
{
    // Four bytes tell: no HTTP/1.1 method begins with "PRI " (RFC 9113, section 3.4).
    private static ReadOnlySpan<byte> Start => "PRI "u8;

    public static void Use(ListenOptions listen, GrpcKestrelOptions options)
    {
        listen.Protocols = HttpProtocols.Http1AndHttp2;
        listen.Use(next => async connection =>
        {
            if (await IsHttp2Async(connection.Transport.Input, options.HandshakeTimeout, options.Time).ConfigureAwait(false) is not { } isHttp2)
            {
                // Silence is not a protocol: it would hold the connection for ever (CVE-2026-73500).
                connection.Abort(new ConnectionAbortedException("the connection said nothing"));
                return;
            }

            if (isHttp2)
            {
                var negotiated = new Negotiated();
                connection.Features.Set<ITlsConnectionFeature>(negotiated);
                connection.Features.Set<ITlsApplicationProtocolFeature>(negotiated);
                ClientGuard.Use(connection, new Duplex(new FirstHeadersReader(connection.Transport.Input), connection.Transport.Output), options);
            }

            await next(connection).ConfigureAwait(false);
        });
    }

    /// <summary>Null when the first bytes did not come in time or the connection ended before.</summary>
    private static async ValueTask<bool?> IsHttp2Async(PipeReader input, TimeSpan timeout, TimeProvider time)
    {
        if (input.TryRead(out var early) && Judge(input, early) is { } known)
            return known;
        using var limit = new CancellationTokenSource(timeout, time);
        try
        {
            while (true)
            {
                var result = await input.ReadAsync(limit.Token).ConfigureAwait(false);
                if (Judge(input, result) is { } judged)
                    return judged;
                if (result.IsCompleted || result.IsCanceled)
                    return null;
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or IOException)
        {
            return null;
        }
    }

    // Nothing is consumed: whoever comes next reads from the first byte.
    private static bool? Judge(PipeReader input, in ReadResult result)
    {
        var buffer = result.Buffer;
        Span<byte> first = stackalloc byte[4];
        var count = (int)Math.Min(buffer.Length, first.Length);
        System.Buffers.BuffersExtensions.CopyTo(buffer.Slice(0, count), first);
        if (!Start.StartsWith(first[..count]))
        {
            input.AdvanceTo(buffer.Start, buffer.Start);
            return false;
        }

        if (count < first.Length)
        {
            input.AdvanceTo(buffer.Start, buffer.End);
            return null;
        }

        input.AdvanceTo(buffer.Start, buffer.Start);
        return true;
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    /// <summary>"h2" without a certificate.</summary>
    private sealed class Negotiated : ITlsConnectionFeature, ITlsApplicationProtocolFeature
    {
        private static readonly byte[] Http2 = "h2"u8.ToArray();

        public ReadOnlyMemory<byte> ApplicationProtocol => Http2;

        public X509Certificate2? ClientCertificate
        {
            get => null;
            set => throw new NotSupportedException("a clear-text connection has no certificate");
        }

        public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) => Task.FromResult<X509Certificate2?>(null);
    }
}
