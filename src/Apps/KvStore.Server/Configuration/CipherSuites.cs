using System.Net.Security;

namespace KvStore.Server.Configuration;

/// <summary>The cipher suites that --cipher-suites may name: those that etcd knows, by their names in the registry (IANA).</summary>
internal static class CipherSuites
{
    /// <summary>
    /// TLS 1.3 has only these, all good; as in etcd the flag says nothing about them. Left out they would be switched off, and TLS
    /// 1.3 with them.
    /// </summary>
    private static readonly TlsCipherSuite[] _always =
        [TlsCipherSuite.TLS_AES_128_GCM_SHA256, TlsCipherSuite.TLS_AES_256_GCM_SHA384, TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256];

    private static readonly HashSet<string> _names = new(StringComparer.Ordinal)
    {
        "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
        "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
        "TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_256_GCM_SHA384", "TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_AES_256_CBC_SHA",
        "TLS_RSA_WITH_AES_128_CBC_SHA256",
    };

    /// <summary>Empty: the platform's own choice, which has no weak ones.</summary>
    public static IReadOnlyList<TlsCipherSuite> Read(IReadOnlyList<string> names)
    {
        if (names.Count == 0)
            return [];
        var suites = new List<TlsCipherSuite>(names.Count + _always.Length);
        foreach (var name in names)
        {
            // Two names of etcd's lack the end that the registry's have.
            var full = name.EndsWith("_CHACHA20_POLY1305", StringComparison.Ordinal) ? name + "_SHA256" : name;
            suites.Add(_names.Contains(full) ? Enum.Parse<TlsCipherSuite>(full) : throw new ConfigurationException($"unexpected TLS cipher suite \"{name}\""));
        }

        return [.. suites.Union(_always)];
    }
}
