using KvStore.Grpc.Client;

namespace KvStore.Server.Configuration;

/// <summary>--discovery-endpoints and its relatives: a cluster that runs, in which the members of a new one find each other.</summary>
internal sealed record DiscoverySettings
{
    /// <summary>With their schemes.</summary>
    public required IReadOnlyList<string> Endpoints { get; init; }

    /// <summary>Names the new cluster, there and in the ids of its members.</summary>
    public required string Token { get; init; }

    public required TimeSpan DialTimeout { get; init; }

    public required TimeSpan RequestTimeout { get; init; }

    public required TimeSpan KeepAliveTime { get; init; }

    public required TimeSpan KeepAliveTimeout { get; init; }

    /// <summary>Null: clear text.</summary>
    public required TlsClientOptions? Tls { get; init; }

    /// <summary>Empty: nobody logs in.</summary>
    public required string User { get; init; }

    public required string Password { get; init; }

    /// <summary>Null when no discovery service is named.</summary>
    public static DiscoverySettings? Read(Settings settings)
    {
        if (!settings.IsSet("discovery-endpoints"))
            return null;
        var tls = ReadTls(settings);
        var (user, password) = ReadUser(settings);
        return new DiscoverySettings
        {
            Endpoints = [.. settings.List("discovery-endpoints").Select(endpoint => endpoint.Contains("://", StringComparison.Ordinal) ? endpoint : (tls is null ? "http://" : "https://") + endpoint)],
            Token = settings.Text("discovery-token"),
            DialTimeout = settings.Duration("discovery-dial-timeout"),
            RequestTimeout = settings.Duration("discovery-request-timeout"),
            KeepAliveTime = settings.Duration("discovery-keepalive-time"),
            KeepAliveTimeout = settings.Duration("discovery-keepalive-timeout"),
            Tls = tls,
            User = user,
            Password = password,
        };
    }

    // As etcd's client: files that are given are used whatever is said of the transport.
    private static TlsClientOptions? ReadTls(Settings settings)
    {
        string? File(string flag) => settings.Text(flag) is { Length: > 0 } path ? path : null;
        var (certificate, key, authorities) = (File("discovery-cert"), File("discovery-key"), File("discovery-cacert"));
        if (certificate is null && key is null && authorities is null && settings.Bool("discovery-insecure-transport"))
            return null;
        if (certificate is null != key is null)
            throw new ConfigurationException("--discovery-cert and --discovery-key belong together");
        return new TlsClientOptions { CertificateFile = certificate, KeyFile = key, CaFile = authorities, InsecureSkipVerify = settings.Bool("discovery-insecure-skip-tls-verify") };
    }

    private static (string User, string Password) ReadUser(Settings settings)
    {
        var (user, password) = (settings.Text("discovery-user"), settings.Text("discovery-password"));
        return password.Length == 0 && user.Split(':', 2) is [var name, var secret] ? (name, secret) : (user, password);
    }
}
