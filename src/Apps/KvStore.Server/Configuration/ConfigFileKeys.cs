namespace KvStore.Server.Configuration;

/// <summary>
/// The keys of etcd's configuration file. Most are the names of flags; those of certificates, discovery and sockets stand in
/// blocks of their own.
/// </summary>
internal static class ConfigFileKeys
{
    private static readonly string[] _securityKeys =
        ["cert-file", "key-file", "client-cert-file", "client-key-file", "client-cert-auth", "trusted-ca-file", "auto-tls"];

    /// <summary>Flags that have no key at the top of the file: they are in a block, or make no sense there.</summary>
    private static readonly HashSet<string> _notAtTheTop = new(StringComparer.Ordinal)
    {
        "config-file", "discovery-fallback", "raft-read-timeout", "raft-write-timeout", "client-crl-file", "peer-crl-file",
    };

    /// <summary>Keys inside blocks, with dots between the levels, and their flags.</summary>
    private static readonly Dictionary<string, string> _nested = MakeNested();

    /// <summary>Lists that are YAML lists; the other lists are text with commas, as in etcd.</summary>
    private static readonly HashSet<string> _sequences = new(StringComparer.Ordinal)
    {
        "log-outputs", "cipher-suites", "client-cert-allowed-hostname", "peer-cert-allowed-cn", "peer-cert-allowed-hostname",
        "discovery-endpoints",
    };

    public static bool IsSequence(string flag) => _sequences.Contains(flag);

    /// <summary>True for a block: "client-transport-security", "discovery-config.client".</summary>
    public static bool IsBlock(string path) => _nested.Keys.Any(key => key.StartsWith(path + ".", StringComparison.Ordinal));

    /// <summary>The flag of a key, old names included; null for a key that means nothing.</summary>
    public static string? FlagOf(string path)
    {
        if (_nested.TryGetValue(path, out var flag))
            return flag;
        return FlagTable.Find(path) is not null && !_notAtTheTop.Contains(path) && !_nested.ContainsValue(path) ? path : null;
    }

    private static Dictionary<string, string> MakeNested()
    {
        var keys = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["socket-options.reuse-port"] = "socket-reuse-port",
            ["socket-options.reuse-address"] = "socket-reuse-address",
            ["client-transport-security.allowed-hostname"] = "client-cert-allowed-hostname",
            ["peer-transport-security.allowed-cn"] = "peer-cert-allowed-cn",
            ["peer-transport-security.allowed-hostname"] = "peer-cert-allowed-hostname",
            ["peer-transport-security.skip-client-san-verification"] = "peer-skip-client-san-verification",
            // etcd has no key for revocation lists: with a file it cannot use any.
            ["client-transport-security.crl-file"] = "client-crl-file",
            ["peer-transport-security.crl-file"] = "peer-crl-file",
            ["discovery-config.token"] = "discovery-token",
            ["discovery-config.client.endpoints"] = "discovery-endpoints",
            ["discovery-config.client.auth.username"] = "discovery-user",
            ["discovery-config.client.auth.password"] = "discovery-password",
        };
        foreach (var key in _securityKeys)
        {
            keys["client-transport-security." + key] = key;
            keys["peer-transport-security." + key] = "peer-" + key;
        }

        foreach (var key in new[] { "dial-timeout", "request-timeout", "keepalive-time", "keepalive-timeout" })
            keys["discovery-config.client." + key] = "discovery-" + key;
        foreach (var key in new[] { "cert", "key", "cacert", "insecure-transport", "insecure-skip-tls-verify" })
            keys["discovery-config.client.secure." + key] = "discovery-" + key;
        return keys;
    }
}
