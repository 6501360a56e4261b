using System.Globalization;

namespace KvStore.Server.Configuration;

/// <summary>
/// The raw values after their sources have been joined: a flag wins over its variable, a variable over the default. A configuration
/// file, when one is given, is the only source, as in etcd.
/// </summary>
internal sealed class Settings
{
    private const string FileFlag = "config-file";

    private readonly Dictionary<string, GivenValue> _values = new(StringComparer.Ordinal);
    private readonly List<string> _warnings = [];

    private Settings()
    {
    }

    /// <summary>What the operator should know and nobody need act on.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Null when flags and variables decide.</summary>
    public string? ConfigFilePath { get; private set; }

    public FeatureGates Gates { get; private set; } = FeatureGates.Read("", out _);

    public void Warn(string warning) => _warnings.Add(warning);

    public static Settings Join(CommandLineResult commandLine, IReadOnlyDictionary<string, string> environment)
    {
        var settings = new Settings();
        var path = commandLine.Values.GetValueOrDefault(FileFlag, "");
        if (path.Length == 0)
            path = environment.GetValueOrDefault(FlagTable.Find(FileFlag)!.EnvironmentName, "");
        if (path.Length > 0)
        {
            settings.TakeFile(path);
        }
        else
        {
            foreach (var legacy in commandLine.Legacy)
                settings._warnings.Add($"flag -{legacy} is no longer supported and is ignored");
            settings.TakeEnvironment(commandLine, environment);
            foreach (var (name, value) in commandLine.Values)
                settings._values[name] = new GivenValue(value, ValueSource.CommandLine);
        }

        settings.ReadGates();
        settings.RenameOldFlags();
        settings.JudgeBootstrap();
        settings.JudgeEffects();
        return settings;
    }

    public bool IsSet(string name) => _values.ContainsKey(name);

    public string Text(string name) => _values.TryGetValue(name, out var value) ? value.Text : FlagTable.Find(name)!.Default;

    public bool Bool(string name) => CommandLine.TryReadBool(Text(name), out var value) ? value : throw Invalid(name, "parse error", "boolean ");

    public long Int(string name) =>
        long.TryParse(Text(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : throw InvalidNumber(name, Text(name).TrimStart('-', '+'));

    public ulong Uint(string name) =>
        ulong.TryParse(Text(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : throw InvalidNumber(name, Text(name));

    public TimeSpan Duration(string name) => GoDuration.TryParse(Text(name), out var value) ? value : throw Invalid(name);

    public IReadOnlyList<string> List(string name) => Text(name).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>A complaint in the words of the place where the value was written, with that place's exit code in etcd.</summary>
    public ConfigurationException Invalid(string name, string reason = "parse error", string kind = "") =>
        _values.GetValueOrDefault(name, new GivenValue(Text(name), ValueSource.CommandLine)) switch
        {
            { Source: ValueSource.File } given => new ConfigurationException($"--config-file: {name}: invalid value \"{given.Text}\": {reason}"),
            { Source: ValueSource.Environment } given => new ConfigurationException($"invalid value \"{given.Text}\" for {FlagTable.EnvironmentNameOf(name)}: {reason}"),
            { } given => new ConfigurationException($"invalid {kind}value \"{given.Text}\" for {(kind.Length == 0 ? "flag " : "")}-{name}: {reason}", 2),
        };

    /// <summary>Go tells a number that is too large from what is none.</summary>
    private ConfigurationException InvalidNumber(string name, string digits) =>
        Invalid(name, digits.Length > 0 && digits.All(char.IsAsciiDigit) ? "value out of range" : "parse error");

    private void TakeFile(string path)
    {
        var content = ConfigFile.Read(path);
        ConfigFilePath = path;
        foreach (var key in content.Unknown)
            _warnings.Add($"the configuration file's key {key} is unknown and is ignored");
        foreach (var (name, value) in content.Values)
            _values[name] = new GivenValue(value, ValueSource.File);
    }

    private void TakeEnvironment(CommandLineResult commandLine, IReadOnlyDictionary<string, string> environment)
    {
        foreach (var (variable, value) in environment.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (!variable.StartsWith("ETCD_", StringComparison.Ordinal) || variable is "ETCD_UNSUPPORTED_ARCH")
                continue;
            var name = variable["ETCD_".Length..].ToLowerInvariant().Replace('_', '-');
            if (variable == "ETCD_VERSION")
                _warnings.Add("cannot set special environment variable ETCD_VERSION");
            else if (FlagTable.Find(name) is null)
                _warnings.Add($"unrecognized environment variable {variable}");
            else if (commandLine.Values.ContainsKey(name))
                _warnings.Add($"environment variable {variable} is shadowed by the command-line flag");
            else if (value.Length > 0)
                _values[name] = new GivenValue(value, ValueSource.Environment);
        }
    }

    private void ReadGates()
    {
        var text = Text("feature-gates");
        Gates = FeatureGates.Read(text, out var problem);
        if (problem is not null)
            throw Invalid("feature-gates", problem);
        foreach (var (old, gate) in RenamedFlags.Gates)
        {
            if (!IsSet(old))
                continue;
            if (text.Contains(gate, StringComparison.Ordinal))
            {
                throw new ConfigurationException(
                    $"cannot specify both flags: --{old}={Text(old)} and --feature-gates={gate}={Word(Gates.IsEnabled(gate))} at the same time, please just use --feature-gates={gate}={Word(Gates.IsEnabled(gate))}");
            }

            Gates = Gates.With(gate, Bool(old));
            _warnings.Add($"--{old} is deprecated: use --feature-gates={gate}={Word(Gates.IsEnabled(gate))}");
        }

        foreach (var gate in Gates.Inert)
            _warnings.Add($"the feature gate {gate.Name} changes nothing here: {gate.Note}");

        static string Word(bool value) => value ? "true" : "false";
    }

    private void RenameOldFlags()
    {
        foreach (var (old, name) in RenamedFlags.Flags)
        {
            if (!_values.Remove(old, out var value))
                continue;
            if (!_values.TryAdd(name, value))
                throw new ConfigurationException($"cannot set --{old} and --{name} at the same time, please use --{name} only");
            _warnings.Add($"--{old} is deprecated: use --{name}");
        }
    }

    /// <summary>A member comes to its cluster in one way.</summary>
    private void JudgeBootstrap()
    {
        string[] ways = ["initial-cluster", "discovery-endpoints", "discovery-srv"];
        if (ways.Count(IsSet) > 1)
        {
            throw new ConfigurationException(
                "multiple discovery or bootstrap flags are set. Choose one of \"initial-cluster\", \"discovery-endpoints\" or \"discovery-srv\"");
        }

        if (IsSet("discovery-token") != IsSet("discovery-endpoints"))
            throw new ConfigurationException("both --discovery-token and --discovery-endpoints must be set");
    }

    private void JudgeEffects()
    {
        foreach (var (name, value) in _values.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            var flag = FlagTable.Find(name)!;
            if (flag.Effect == FlagEffect.Effective || value.Text == flag.Default)
                continue;
            if (flag.Effect == FlagEffect.Refused && !IsOff(flag))
                throw new ConfigurationException($"--{name} is not supported: {flag.Note}");
            _warnings.Add($"--{name} changes nothing here: {flag.Note}");
        }
    }

    private bool IsOff(Flag flag) => flag.Kind == FlagKind.Bool && !Bool(flag.Name);
}
