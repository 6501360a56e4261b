using System.Security.Authentication;

namespace KvStore.Server.Hosting;

/// <summary>TLS versions from etcd's names.</summary>
internal static class TlsVersions
{
    public static SslProtocols Between(string lowest, string highest) => (lowest, highest) switch
    {
        ("TLS1.3", _) => SslProtocols.Tls13,
        (_, "TLS1.2") => SslProtocols.Tls12,
        _ => SslProtocols.Tls12 | SslProtocols.Tls13,
    };
}
