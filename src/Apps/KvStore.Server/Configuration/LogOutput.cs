namespace KvStore.Server.Configuration;

/// <summary>The words of --log-outputs.</summary>
internal static class LogOutput
{
    /// <summary>Standard error, alone. Under systemd that is the journal.</summary>
    public const string Default = "default";

    public const string StandardError = "stderr";

    public const string StandardOutput = "stdout";

    /// <summary>What systemd makes of standard error.</summary>
    public const string Journal = "systemd/journal";

    public static bool IsFile(string output) => output is not (Default or StandardError or StandardOutput or Journal);

    public static IReadOnlyList<string> Read(Settings settings)
    {
        switch (settings.Text("logger"))
        {
            case "zap":
                break;
            case "capnslog":
                throw new ConfigurationException("--logger=capnslog is removed in v3.5");
            case var other:
                throw new ConfigurationException($"unknown logger option \"{other}\"");
        }

        var outputs = settings.List("log-outputs").Distinct(StringComparer.Ordinal).ToArray();
        if (outputs.Length > 1 && outputs.Contains(Default))
            throw new ConfigurationException("multi logoutput for \"default\" is not supported yet");
        return outputs.Length == 0 ? [Default] : outputs;
    }
}
