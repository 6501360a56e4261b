using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace KvStore.Grpc.Server;

/// <summary>Sets Kestrel up for the room.</summary>
public static class GrpcKestrel
{
    /// <summary>Limits of the whole server. Once, before the endpoints.</summary>
    public static void Configure(KestrelServerOptions kestrel, GrpcKestrelOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.AllowAlternateSchemes = true;
        // One character per byte: a header value that is not UTF-8 is the handler's to refuse, not a broken connection.
        kestrel.RequestHeaderEncodingSelector = static _ => Encoding.Latin1;

        var limits = kestrel.Limits;
        limits.RequestHeadersTimeout = options.HeadersTimeout;
        limits.MaxRequestHeadersTotalSize = options.RequestHeaderBytesMax;
        limits.MaxResponseBufferSize = options.ResponseBufferBytes;
        // Streams are slow by nature: a watch waits for hours in both directions. Pings find the dead ones.
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = null;
        // Messages are limited one by one; HTTP/1.1 handlers set their own limit.
        limits.MaxRequestBodySize = null;

        limits.Http2.MaxStreamsPerConnection = options.StreamsPerConnectionMax;
        limits.Http2.InitialStreamWindowSize = options.StreamWindowBytes;
        limits.Http2.InitialConnectionWindowSize = options.ConnectionWindowBytes;
        limits.Http2.MaxRequestHeaderFieldSize = options.RequestHeaderBytesMax;
        limits.Http2.KeepAlivePingDelay = options.KeepAliveInterval;
        limits.Http2.KeepAlivePingTimeout = options.KeepAliveTimeout;
    }

    /// <summary>A clear-text endpoint that speaks HTTP/1.1 and HTTP/2 with prior knowledge.</summary>
    public static void UseClearText(this ListenOptions listen, GrpcKestrelOptions options) =>
        KestrelPreface.Use(listen, options);

    /// <summary>Whether a request came over TLS. The scheme of an HTTP/2 request is what the client says it is.</summary>
    public static bool IsEncrypted(HttpContext http) => http.Features.Get<ITlsConnectionFeature>() is TlsSession;

    /// <summary>A TLS endpoint that speaks HTTP/1.1 and HTTP/2 (ALPN).</summary>
    public static void UseTls(this ListenOptions listen, TlsServerOptions tls, GrpcKestrelOptions options) =>
        KestrelTls.Use(listen, tls, options);
}
