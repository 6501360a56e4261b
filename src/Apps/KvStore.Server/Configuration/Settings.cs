using System.Globalization;

namespace KvStore.Server.Configuration;

/// <summary>The raw values after flags and environment have been joined: a flag wins over its variable, a variable over the default.</summary>
internal sealed class Settings
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly List<string> _warnings = [];

    private Settings()
    {
    }

    /// <summary>What the operator should know and nobody need act on.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    public static Settings Join(CommandLineResult commandLine, IReadOnlyDictionary<string, string> environment)
    {
        var settings = new Settings();
        foreach (var legacy in commandLine.Legacy)
            settings._warnings.Add($"flag -{legacy} is no longer supported and is ignored");
        settings.TakeEnvironment(commandLine, environment);
        foreach (var (name, value) in commandLine.Values)
            settings._values[name] = value;
        settings.JudgeEffects();
        return settings;
    }

    public bool IsSet(string name) => _values.ContainsKey(name);

    public string Text(string name) => _values.TryGetValue(name, out var value) ? value : FlagTable.Find(name)!.Default;

    public bool Bool(string name) => CommandLine.ReadBool(name, Text(name));

    public long Int(string name) =>
        long.TryParse(Text(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : throw Invalid(name);

    public ulong Uint(string name) =>
        ulong.TryParse(Text(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : throw Invalid(name);

    public TimeSpan Duration(string name) => GoDuration.TryParse(Text(name), out var value) ? value : throw Invalid(name);

    public IReadOnlyList<string> List(string name) => Text(name).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static ConfigurationException Invalid(string name, string value) =>
        new($"invalid value \"{value}\" for flag -{name}: parse error", 2);

    private ConfigurationException Invalid(string name) => Invalid(name, Text(name));

    private void TakeEnvironment(CommandLineResult commandLine, IReadOnlyDictionary<string, string> environment)
    {
        foreach (var (variable, value) in environment.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (!variable.StartsWith("ETCD_", StringComparison.Ordinal) || variable is "ETCD_UNSUPPORTED_ARCH" or "ETCD_VERSION")
                continue;
            var flag = FlagTable.Find(variable["ETCD_".Length..].ToLowerInvariant().Replace('_', '-'));
            if (flag is null)
                _warnings.Add($"unrecognized environment variable {variable}");
            else if (commandLine.Values.ContainsKey(flag.Name))
                _warnings.Add($"environment variable {variable} is shadowed by the command-line flag");
            else if (value.Length > 0)
                _values[flag.Name] = value;
        }
    }

    private void JudgeEffects()
    {
        foreach (var (name, value) in _values.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            var flag = FlagTable.Find(name)!;
            if (flag.Effect == FlagEffect.Effective || value == flag.Default)
                continue;
            if (flag.Effect == FlagEffect.Refused && !IsOff(flag, value))
                throw new ConfigurationException($"--{name} is not supported: {flag.Note}");
            _warnings.Add($"--{name} changes nothing here: {flag.Note}");
        }
    }

    private static bool IsOff(Flag flag, string value) => flag.Kind == FlagKind.Bool && !CommandLine.ReadBool(flag.Name, value);
}
