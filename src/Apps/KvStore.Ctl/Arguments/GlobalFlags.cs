using KvStore.Client;
using KvStore.Grpc.Client;

namespace KvStore.Ctl.Arguments;

/// <summary>etcdctl's global flags, their environment variables, and the client they describe.</summary>
internal static class GlobalFlags
{
    private static readonly TimeSpan KeepAliveTimeMin = TimeSpan.FromSeconds(10); // as gRPC's client; servers refuse more
    private static readonly TimeSpan KeepAliveTimeoutDefault = TimeSpan.FromSeconds(20); // of gRPC, where 0 is asked for
    private const int SendBytesDefault = 2 * 1024 * 1024; // as etcd's client: above what a server takes unless told, below gRPC's 4 MiB

    public static Flag Endpoints { get; } = Flag.TextList("endpoints", "127.0.0.1:2379", "gRPC endpoints");

    public static IReadOnlyList<Flag> All { get; } =
    [
        Flag.Text("auth-jwt-token", "", "JWT token used for authentication (if this option is used, --user and --password should not be set)"),
        Flag.Text("cacert", "", "verify certificates of TLS-enabled secure servers using this CA bundle"),
        Flag.Text("cert", "", "identify secure client using this TLS certificate file"),
        Flag.Duration("command-timeout", "5s", "timeout for short running command (excluding dial timeout)"),
        Flag.Boolean("debug", "enable client-side debug logging"),
        Flag.Duration("dial-timeout", "2s", "dial timeout for client connections"),
        Flag.Text("discovery-srv", "", "domain name to query for SRV records describing cluster endpoints", 'd'),
        Flag.Text("discovery-srv-name", "", "service name to query when using DNS discovery"),
        Endpoints,
        Flag.Boolean("hex", "print byte strings as hex encoded strings"),
        Flag.Boolean("insecure-discovery", "accept insecure SRV records describing cluster endpoints", standard: true),
        Flag.Boolean("insecure-skip-tls-verify", "skip server certificate verification (CAUTION: this option should be enabled only for testing purposes)"),
        Flag.Boolean("insecure-transport", "disable transport security for client connections", standard: true),
        Flag.Duration("keepalive-time", "2s", "keepalive time for client connections"),
        Flag.Duration("keepalive-timeout", "6s", "keepalive timeout for client connections"),
        Flag.Text("key", "", "identify secure client using this TLS key file"),
        Flag.Integer("max-recv-bytes", "0", "client-side response receive limit in bytes (if 0, it defaults to \"math.MaxInt32\")"),
        Flag.Integer("max-request-bytes", "0", "client-side request send limit in bytes (if 0, it defaults to 2.0 MiB (2 * 1024 * 1024).)"),
        Flag.Text("password", "", "password for authentication (if this option is used, --user option shouldn't include password)"),
        Flag.Text("user", "", "username[:password] for authentication (prompt if password is not supplied)"),
        Flag.Text("write-out", "simple", "set the output format (fields, json, protobuf, simple, table)", 'w'),
    ];

    /// <summary>The client that the flags describe.</summary>
    /// <param name="flags">With what the environment says.</param>
    /// <param name="askPassword">Asks at the terminal, for a user without a password.</param>
    /// <param name="trace">Is told what happens on the connections, with `--debug`.</param>
    public static KvClientOptions ClientOptions(ParsedFlags flags, Func<string> askPassword, Action<string> trace)
    {
        var tls = Tls(TlsWords.Of(flags), flags.Boolean("insecure-skip-tls-verify"), VerifiedDomain(flags));
        var endpoints = flags.List("endpoints").Select(endpoint => WithScheme(GoText.ToUnicode(endpoint.Trim()), tls is not null)).Where(endpoint => endpoint.Length > 0).ToList();
        if (endpoints.Count == 0)
            throw new CtlException(ExitCode.BadConnection, "etcdclient: no available endpoints");
        var token = flags.Text("auth-jwt-token") is { Length: > 0 } given ? GoText.ToUnicode(given) : null;
        var (user, password) = token is null ? Credentials(flags.Text("user"), flags.Text("password"), askPassword) : (null, null);
        return new KvClientOptions
        {
            Endpoints = endpoints,
            Tls = tls,
            User = user,
            Password = password,
            Token = token,
            CallTimeout = flags.Duration("command-timeout"),
            ConnectTimeout = flags.Duration("dial-timeout"),
            KeepAliveTime = flags.Duration("keepalive-time") is var time && time <= TimeSpan.Zero ? null : time < KeepAliveTimeMin ? KeepAliveTimeMin : time,
            KeepAliveTimeout = flags.Duration("keepalive-timeout") is var timeout && timeout > TimeSpan.Zero ? timeout : KeepAliveTimeoutDefault,
            ReceiveBytesMax = Bytes(flags, "max-recv-bytes", int.MaxValue),
            SendBytesMax = Bytes(flags, "max-request-bytes", SendBytesDefault),
            OnTrace = flags.Boolean("debug") ? trace : null,
        };
    }

    /// <summary>The same client for another cluster: its address, certificates and user, the connection's limits as they are.</summary>
    public static KvClientOptions ClientOptionsOf(KvClientOptions source, string endpoint, TlsWords tls, string user, string password, Func<string> askPassword)
    {
        var certificates = Tls(tls, skipsVerification: false, domain: null);
        var (name, secret) = Credentials(user, password, askPassword);
        return source with { Endpoints = [WithScheme(endpoint, certificates is not null)], Tls = certificates, User = name, Password = secret, Token = null };
    }

    /// <summary>
    /// An endpoint without a scheme speaks TLS as soon as anything about TLS was said. One with a path and no scheme is none; it is
    /// left as it is, for a scheme would make one of it.
    /// </summary>
    internal static string WithScheme(string endpoint, bool tls) =>
        endpoint.AsSpan().ContainsAny("/?#@") || !tls ? endpoint : "https://" + endpoint;

    /// <summary>Records of DNS may be anybody's: unless told to trust them, the certificate must be the domain's.</summary>
    private static string? VerifiedDomain(ParsedFlags flags) =>
        !flags.Boolean("insecure-discovery") && flags.Text("discovery-srv") is { Length: > 0 } domain ? GoText.ToUnicode(domain) : null;

    private static int Bytes(ParsedFlags flags, string name, int standard) => flags.Integer(name) is > 0 and <= int.MaxValue and var bytes ? (int)bytes : standard;

    private static TlsClientOptions? Tls(TlsWords words, bool skipsVerification, string? domain)
    {
        string? File(string text) => text.Length > 0 ? GoText.ToUnicode(text) : null;
        var files = new[] { words.CaFile, words.Certificate, words.Key };
        if ((words.Certificate.Length == 0) != (words.Key.Length == 0))
            throw new CtlException(ExitCode.BadArguments, $"KeyFile and CertFile must both be present[key: {words.Key}, cert: {words.Certificate}]");
        if (words.Certificate.Length > 0)
            CertificateFiles.MustBeAPair(GoText.ToUnicode(words.Certificate), GoText.ToUnicode(words.Key));
        if (words.CaFile.Length > 0)
            CertificateFiles.MustBeAuthorities(GoText.ToUnicode(words.CaFile));
        return skipsVerification || domain is not null || !words.IsInsecure || files.Any(file => file.Length > 0)
            ? new TlsClientOptions
            {
                CaFile = File(words.CaFile), CertificateFile = File(words.Certificate), KeyFile = File(words.Key), ServerName = domain, InsecureSkipVerify = skipsVerification,
            }
            : null;
    }

    private static (string? User, string? Password) Credentials(string user, string password, Func<string> askPassword)
    {
        if (user.Length == 0)
            return (null, null);
        if (password.Length > 0)
            return (GoText.ToUnicode(user), GoText.ToUnicode(password));
        var colon = user.IndexOf(':', StringComparison.Ordinal);
        return colon < 0
            ? (GoText.ToUnicode(user), askPassword())
            : (GoText.ToUnicode(user[..colon]), GoText.ToUnicode(user[(colon + 1)..]));
    }
}
