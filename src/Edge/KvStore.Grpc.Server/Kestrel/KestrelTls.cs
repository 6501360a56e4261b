using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace KvStore.Grpc.Server;

/// <summary>TLS for an endpoint: own certificate by file time, own trust, a reason for everyone turned away.</summary>
internal static class KestrelTls
{
    public static void Use(ListenOptions listen, TlsServerOptions tls, GrpcKestrelOptions options)
    {
        listen.Protocols = HttpProtocols.Http1AndHttp2;
        var handshake = new TlsHandshake(tls, options);
        handshake.Prepare();
        listen.Use(next => connection => handshake.RunAsync(connection, next));
    }
}
