using KvStore.Client;
using KvStore.Grpc.Client;

namespace KvStore.Ctl.Arguments;

/// <summary>etcdctl's global flags, their environment variables, and the client they describe.</summary>
internal static class GlobalFlags
{
    /// <summary>A variable is the prefix and the flag's name in upper case with underscores; ours wins over etcd's, a flag over both.</summary>
    private static readonly string[] Prefixes = ["KVCTL_", "ETCDCTL_"];

    private static readonly TimeSpan KeepAliveTimeMin = TimeSpan.FromSeconds(10); // as gRPC's client; servers refuse more

    public static IReadOnlyList<Flag> All { get; } =
    [
        Flag.Text("cacert", "", "verify certificates of TLS-enabled secure servers using this CA bundle"),
        Flag.Text("cert", "", "identify secure client using this TLS certificate file"),
        Flag.Duration("command-timeout", "5s", "timeout for short running command (excluding dial timeout)"),
        Flag.Boolean("debug", "enable client-side debug logging"),
        Flag.Duration("dial-timeout", "2s", "dial timeout for client connections"),
        Flag.TextList("endpoints", "127.0.0.1:2379", "gRPC endpoints"),
        Flag.Boolean("hex", "print byte strings as hex encoded strings"),
        Flag.Boolean("insecure-skip-tls-verify", "skip server certificate verification (CAUTION: this option should be enabled only for testing purposes)"),
        Flag.Boolean("insecure-transport", "disable transport security for client connections", standard: true),
        Flag.Duration("keepalive-time", "2s", "keepalive time for client connections"),
        Flag.Duration("keepalive-timeout", "6s", "keepalive timeout for client connections"),
        Flag.Text("key", "", "identify secure client using this TLS key file"),
        Flag.Integer("max-recv-bytes", "0", "client-side response receive limit (if 0, it defaults to the largest there is)"),
        Flag.Text("password", "", "password for authentication (if this option is used, --user option shouldn't include password)"),
        Flag.Text("user", "", "username[:password] for authentication (prompt if password is not supplied)"),
        Flag.Text("write-out", "simple", "set the output format (fields, json, protobuf, simple, table)", 'w'),
    ];

    /// <summary>Fills in from the environment what the command line does not say.</summary>
    public static void AddEnvironment(ParsedFlags flags, Func<string, string?> variable)
    {
        foreach (var flag in All.Where(flag => !flags.IsGiven(flag.Name)))
        {
            var suffix = flag.Name.ToUpperInvariant().Replace('-', '_');
            var name = Prefixes.Select(prefix => prefix + suffix).FirstOrDefault(name => !string.IsNullOrEmpty(variable(name)));
            if (name is null)
                continue;
            var value = GoText.Of(variable(name)!);
            if (flag.Refuse(value) is { } reason)
                throw new CtlException(ExitCode.Error, $"invalid argument {GoText.Quote(value)} for \"--{flag.Name}\" flag: {reason} (from {name})");
            flags.Set(flag, value);
        }
    }

    public static KvClientOptions ClientOptions(ParsedFlags flags, Func<string> askPassword)
    {
        var tls = Tls(flags);
        var (user, password) = Credentials(flags, askPassword);
        var time = flags.Duration("keepalive-time");
        return new KvClientOptions
        {
            Endpoints = [.. flags.List("endpoints").Select(endpoint => WithScheme(GoText.ToUnicode(endpoint), tls is not null))],
            Tls = tls,
            User = user,
            Password = password,
            CallTimeout = flags.Duration("command-timeout"),
            ConnectTimeout = flags.Duration("dial-timeout"),
            KeepAliveTime = time < KeepAliveTimeMin ? KeepAliveTimeMin : time,
            KeepAliveTimeout = flags.Duration("keepalive-timeout"),
            ReceiveBytesMax = flags.Integer("max-recv-bytes") is > 0 and <= int.MaxValue and var bytes ? (int)bytes : int.MaxValue,
        };
    }

    /// <summary>An endpoint without a scheme speaks TLS as soon as anything about TLS was said.</summary>
    internal static string WithScheme(string endpoint, bool tls) =>
        endpoint.Contains("://", StringComparison.Ordinal) || !tls ? endpoint : "https://" + endpoint;

    private static TlsClientOptions? Tls(ParsedFlags flags)
    {
        string? File(string name) => flags.Text(name) is { Length: > 0 } text ? GoText.ToUnicode(text) : null;
        var skip = flags.Boolean("insecure-skip-tls-verify");
        var wanted = skip || !flags.Boolean("insecure-transport") || File("cert") is not null || File("key") is not null || File("cacert") is not null;
        if ((File("cert") is null) != (File("key") is null))
            throw new CtlException(ExitCode.BadArguments, "KeyFile and CertFile must both be present[key: " + flags.Text("key") + ", cert: " + flags.Text("cert") + "]");
        foreach (var name in new[] { "cacert", "cert", "key" })
        {
            if (File(name) is { } path)
                MustBeReadable(path);
        }

        return wanted
            ? new TlsClientOptions { CaFile = File("cacert"), CertificateFile = File("cert"), KeyFile = File("key"), InsecureSkipVerify = skip }
            : null;
    }

    /// <summary>Said at once, as etcdctl does: a handshake that fails for it would be tried again until the time is over.</summary>
    private static void MustBeReadable(string path)
    {
        try
        {
            using var file = System.IO.File.OpenRead(path);
        }
        catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException)
        {
            var reason = unusable switch
            {
                FileNotFoundException or DirectoryNotFoundException => "no such file or directory",
                UnauthorizedAccessException => "permission denied",
                _ => unusable.Message,
            };
            throw new CtlException(ExitCode.BadArguments, GoText.Of($"open {path}: {reason}"));
        }
    }

    private static (string? User, string? Password) Credentials(ParsedFlags flags, Func<string> askPassword)
    {
        var user = flags.Text("user");
        if (user.Length == 0)
            return (null, null);
        if (flags.Text("password") is { Length: > 0 } password)
            return (GoText.ToUnicode(user), GoText.ToUnicode(password));
        var colon = user.IndexOf(':', StringComparison.Ordinal);
        return colon < 0
            ? (GoText.ToUnicode(user), askPassword())
            : (GoText.ToUnicode(user[..colon]), GoText.ToUnicode(user[(colon + 1)..]));
    }
}
