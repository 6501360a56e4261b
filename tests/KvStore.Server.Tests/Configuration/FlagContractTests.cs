using KvStore.Server.Configuration;
using KvStore.Testing;
using KvStore.Testing.Processes;

namespace KvStore.Server.Tests.Configuration;

/// <summary>Every flag of etcd, by its three ways in: the command line, its variable, its key in the configuration file (contract 5.2).</summary>
public sealed class FlagContractTests : IDisposable
{
    private readonly TestFolder _folder = new();

    /// <summary>Name, default, key in the file.</summary>
    public static TheoryData<string, string, string> Flags
    {
        get
        {
            var flags = new TheoryData<string, string, string>();
            foreach (var row in ContractTable.Read("flags.txt").Where(row => row[0] != "version"))
                flags.Add(row[0], row[1] == "-" ? "" : row[1], row[2]);
            return flags;
        }
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Flags))]
    public void Flag_OfEtcd_IsTakenFromEveryPlaceThatEtcdTakesItFrom(string name, string byDefault, string key)
    {
        var flag = FlagTable.Find(name);
        Assert.Equal((name, byDefault), (flag?.Name, flag?.Default));
        var value = ValueFor(flag!);
        Assert.Equal(value, CommandLine.Read([$"--{name}={value}"]).Values[name]);
        if (flag!.Effect != FlagEffect.Refused && name != "config-file")
            Assert.Equal(value, Settings.Join(CommandLine.Read([]), Variables(name, value)).Text(name));
        Assert.Equal(key == "-" ? null : value, InFile(key == "-" ? name : key, flag, value));
    }

    private static string ValueFor(Flag flag) => flag switch
    {
        { Name: "feature-gates" } => "AllAlpha=true",
        { Kind: FlagKind.Bool } => flag.Default == "true" ? "false" : "true",
        { Kind: FlagKind.Uint or FlagKind.Int } => "7",
        { Kind: FlagKind.Duration } => "7s",
        _ => "new",
    };

    /// <summary>A token alone, or a service without one, is refused whoever names it.</summary>
    private static Dictionary<string, string> Variables(string name, string value)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        if (name is "discovery-token" or "discovery-endpoints")
            (variables["ETCD_DISCOVERY_TOKEN"], variables["ETCD_DISCOVERY_ENDPOINTS"]) = ("other", "http://127.0.0.1:1");
        variables[FlagTable.EnvironmentNameOf(name)] = value;
        return variables;
    }

    private string? InFile(string key, Flag flag, string value)
    {
        var levels = key.Split('.');
        var written = flag.Kind == FlagKind.Duration ? "7000000000" : ConfigFileKeys.IsSequence(flag.Name) ? $"[{value}]" : value;
        var text = string.Concat(levels.Select((level, depth) => new string(' ', depth * 2) + level + ":" + (depth == levels.Length - 1 ? " " + written : "") + "\n"));
        var file = _folder.Combine("etcd.yaml");
        File.WriteAllText(file, text);
        var content = ConfigFile.Read(file);
        var read = content.Values.GetValueOrDefault(flag.Name);
        // Whatever the unit, it is the same time.
        return flag.Kind == FlagKind.Duration && GoDuration.TryParse(read ?? "", out var time) && time == TimeSpan.FromSeconds(7) ? value : read;
    }
}
