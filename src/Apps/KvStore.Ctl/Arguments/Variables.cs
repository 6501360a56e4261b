using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace KvStore.Ctl.Arguments;

/// <summary>
/// The global flags from the environment: the prefix and the flag's name in upper case with underscores. Ours (`KVCTL_`) wins over
/// etcd's (`ETCDCTL_`), a flag on the command line over both; etcdctl ends with an error where both say something.
/// </summary>
internal static class Variables
{
    private static readonly string[] Prefixes = ["KVCTL_", "ETCDCTL_"];

    /// <summary>Not flags, and known all the same: the arguments of a flag-less watch, and the choice of an API that etcdctl once had.</summary>
    private static readonly string[] Others = ["WATCH_KEY", "WATCH_RANGE_END", "API"];

    /// <summary>Fills in what the command line does not say.</summary>
    public static void AddTo(ParsedFlags flags, IReadOnlyDictionary<string, string> variables)
    {
        foreach (var flag in GlobalFlags.All.Where(flag => !flags.IsGiven(flag.Name)))
        {
            var name = Prefixes.Select(prefix => prefix + SuffixOf(flag)).FirstOrDefault(name => variables.GetValueOrDefault(name) is { Length: > 0 });
            if (name is null)
                continue;
            var value = GoText.Of(variables[name]);
            if (flag.Refuse(value) is { } reason)
                throw new CtlException(ExitCode.Error, $"invalid argument {GoText.Quote(value)} for \"--{flag.Name}\" flag: {reason} (from {name})");
            flags.Set(flag, value);
        }
    }

    /// <summary>A variable with one of our prefixes that is none of ours is a slip worth a line, in the form of etcdctl's log.</summary>
    public static void WarnOfUnknown(IReadOnlyDictionary<string, string> variables, TextWriter errors)
    {
        // Loops and sorted texts: what LINQ makes of pairs has to be compiled at each start.
        var unknown = new List<string>();
        foreach (var name in variables.Keys)
        {
            if (Array.Find(Prefixes, prefix => name.StartsWith(prefix, StringComparison.Ordinal)) is { } prefix && !IsKnown(name[prefix.Length..]))
                unknown.Add(name);
        }

        unknown.Sort(StringComparer.Ordinal);
        foreach (var name in unknown)
            Warn($"{name}={variables[name]}", errors);
    }

    // By itself: a method brings the assemblies that it names into the process, JSON's are needed here alone.
    private static void Warn(string variable, TextWriter errors)
    {
        var time = DateTimeOffset.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture);
        var shown = JsonEncodedText.Encode(variable, JavaScriptEncoder.UnsafeRelaxedJsonEscaping);
        errors.Write(GoText.Of($"{{\"level\":\"warn\",\"ts\":\"{time}\",\"logger\":\"kvctl\",\"msg\":\"unrecognized environment variable\",\"environment-variable\":\"{shown}\"}}\n"));
    }

    /// <summary>`--debug`: what every global flag turned out to be, as variables that would say it.</summary>
    public static void Show(ParsedFlags flags, TextWriter errors)
    {
        foreach (var flag in GlobalFlags.All)
            errors.Write($"{Prefixes[0]}{SuffixOf(flag)}={(IsSecret(flag) && flags.IsGiven(flag.Name) ? "***" : flags.Text(flag.Name))}\n");
    }

    // etcdctl shows them; what is looked at for a mistake is often sent to somebody else.
    private static bool IsSecret(Flag flag) => flag.Name is "password" or "user" or "auth-jwt-token";

    private static bool IsKnown(string suffix) => Array.IndexOf(Others, suffix) >= 0 || GlobalFlags.All.Any(flag => SuffixOf(flag) == suffix);

    private static string SuffixOf(Flag flag) => flag.Name.ToUpperInvariant().Replace('-', '_');
}
