namespace KvStore.Server.Configuration;

/// <summary>The flags of certificates, by etcd's rules.</summary>
internal static class TlsReader
{
    /// <summary>A century: beyond it a number is likelier a slip than a wish.</summary>
    private const int SelfSignedYearsMax = 100;

    private static readonly string[] _clientListeners = ["listen-client-urls", "listen-client-http-urls", "listen-metrics-urls"];

    /// <summary>Without a listener that speaks TLS none of the files is looked at, as in etcd: whatever they are, nothing is served with them.</summary>
    public static TlsFiles ReadClient(Settings settings, string dataDirectory)
    {
        if (!_clientListeners.Any(flag => SpeaksTls(settings, flag)))
            return WithoutFiles(settings);
        return Read(settings, dataDirectory, "client", "auto-tls", "cert-file", "key-file", "trusted-ca-file", "client-cert-auth") with
        {
            RevocationList = ReadFile(settings, "client-crl-file"),
            AllowedHostNames = settings.List("client-cert-allowed-hostname"),
        };
    }

    public static TlsFiles ReadPeer(Settings settings, string dataDirectory)
    {
        if (settings.IsSet("peer-cert-allowed-cn") && settings.IsSet("peer-cert-allowed-hostname"))
            throw new ConfigurationException("--peer-cert-allowed-cn and --peer-cert-allowed-hostname are mutually exclusive");
        return Read(settings, dataDirectory, "peer", "peer-auto-tls", "peer-cert-file", "peer-key-file", "peer-trusted-ca-file", "peer-client-cert-auth") with
        {
            RevocationList = ReadFile(settings, "peer-crl-file"),
            AllowedCommonNames = settings.List("peer-cert-allowed-cn"),
            AllowedHostNames = settings.List("peer-cert-allowed-hostname"),
            VerifiesRemoteAddress = !settings.Bool("peer-skip-client-san-verification"),
        };
    }

    public static (string Min, string Max) ReadVersions(Settings settings)
    {
        var (min, max) = (settings.Text("tls-min-version"), settings.Text("tls-max-version"));
        foreach (var version in new[] { min, max })
        {
            if (version is not ("" or "TLS1.2" or "TLS1.3"))
                throw new ConfigurationException($"unexpected TLS version \"{version}\" (must be one of: TLS1.2, TLS1.3)");
        }

        if ((min, max) is ("TLS1.3", "TLS1.2"))
            throw new ConfigurationException($"min version ({min}) is greater than max version ({max})");
        if (min == "TLS1.3" && settings.List("cipher-suites").Count > 0)
            throw new ConfigurationException("cipher suites cannot be configured when only TLS1.3 is enabled");
        return (min, max);
    }

    public static int ReadSelfSignedYears(Settings settings)
    {
        var years = settings.Uint("self-signed-cert-validity");
        if (years == 0 && settings.ConfigFilePath is null)
            throw new ConfigurationException("selfSignedCertValidity is invalid,it should be greater than 0");
        return (int)Math.Clamp(years, 1, SelfSignedYearsMax);
    }

    private static bool SpeaksTls(Settings settings, string flag) => settings.List(flag).Any(url => Endpoint.Parse(flag, url).IsTls);

    private static TlsFiles WithoutFiles(Settings settings)
    {
        var demanded = settings.Bool("client-cert-auth");
        if (settings.IsSet("cert-file") || settings.IsSet("key-file"))
            settings.Warn("scheme is http or unix while key and cert files are present; ignoring key and cert files");
        if (demanded)
            settings.Warn("scheme is http or unix while --client-cert-auth is enabled; ignoring client cert auth");
        // That certificates are demanded stays in force for the JSON gateway, which takes no users then.
        return new TlsFiles("", "", "", demanded);
    }

    private static TlsFiles Read(
        Settings settings, string dataDirectory, string side, string automatic, string certificate, string key, string authorities, string demanded)
    {
        var files = new TlsFiles(settings.Text(certificate), settings.Text(key), settings.Text(authorities), settings.Bool(demanded));
        if (files.Certificate.Length > 0 != files.Key.Length > 0)
            throw new ConfigurationException($"--{certificate} and --{key} must both be present or both absent");
        if (files.ClientCertificateDemanded && files.TrustedAuthorities.Length == 0)
            throw new ConfigurationException($"--{demanded} needs --{authorities}: without it no certificate could be trusted");
        foreach (var flag in new[] { certificate, key, authorities })
            ReadFile(settings, flag);
        if (!settings.Bool(automatic) || files.HasCertificate)
            return files;
        var folder = Path.Combine(dataDirectory, "fixtures", side);
        return files with { Certificate = Path.Combine(folder, "cert.pem"), Key = Path.Combine(folder, "key.pem"), IsSelfSigned = true };
    }

    private static string ReadFile(Settings settings, string flag)
    {
        var path = settings.Text(flag);
        return path.Length == 0 || File.Exists(path) ? path : throw new ConfigurationException($"--{flag}: open {path}: no such file");
    }
}
