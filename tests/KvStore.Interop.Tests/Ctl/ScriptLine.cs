using System.Globalization;
using KvStore.Testing.Processes;

namespace KvStore.Interop.Tests.Ctl;

/// <summary>One line of testdata/script.txt; its head says how lines are written.</summary>
internal sealed record ScriptLine
{
    /// <summary>The command line; names in braces are replaced when it is run.</summary>
    public required string[] Words { get; init; }

    public bool HasFormats { get; private init; }

    /// <summary>Not a command: what happens to the servers meanwhile, in the script's own words.</summary>
    public bool IsAct { get; private init; }

    /// <summary>Whether the tool answers it without a server.</summary>
    public bool NeedsNoServer { get; private init; }

    /// <summary>The name under which the id that it prints is kept; empty for none.</summary>
    public string Capture { get; private init; } = "";

    /// <summary>How many lines it prints before it gets a signal to end; zero where it ends by itself.</summary>
    public int Lines { get; private init; }

    public string Input { get; private init; } = "";

    public IReadOnlyDictionary<string, string> Variables { get; private init; } = new Dictionary<string, string>();

    /// <summary>Whether it chooses itself how a server is spoken to.</summary>
    public bool SaysTls => Words.Any(ScriptCluster.IsOfTls) || Variables.Keys.Any(name => ScriptCluster.IsOfTls("--" + name["ETCDCTL_".Length..].ToLowerInvariant().Replace('_', '-')));

    public static IReadOnlyList<ScriptLine> ReadAll(string file) =>
    [
        .. File.ReadLines(Path.Combine(Checkout.Root, "tests/KvStore.Interop.Tests/Ctl/testdata", file))
            .Where(line => line.Length > 0 && line[0] != '#').Select(Parse),
    ];

    private static ScriptLine Parse(string line)
    {
        if (line[0] == '%')
            return new ScriptLine { Words = line[1..].Split(' '), IsAct = true };
        var hasFormats = TryTake(ref line, '*', out _);
        var needsNoServer = TryTake(ref line, '!', out _);
        TryTake(ref line, '$', out var capture);
        var lines = TryTake(ref line, '@', out var number) ? int.Parse(number, CultureInfo.InvariantCulture) : 0;
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        while (line.StartsWith("ETCDCTL_", StringComparison.Ordinal) && TryTake(ref line, 'E', out var variable))
            variables.Add("E" + variable[..variable.IndexOf('=', StringComparison.Ordinal)], variable[(variable.IndexOf('=', StringComparison.Ordinal) + 1)..]);
        var input = "";
        if (line[0] == '[')
        {
            var end = line.LastIndexOf(']');
            // A doubled backslash stands for one that the tool shall see.
            input = line[1..end].Replace("\\\\", "\0", StringComparison.Ordinal).Replace("\\n", "\n", StringComparison.Ordinal).Replace('\0', '\\');
            line = line[(end + 1)..];
        }

        return new ScriptLine
        {
            Words = [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word == "''" ? "" : word)],
            HasFormats = hasFormats,
            NeedsNoServer = needsNoServer,
            Capture = capture,
            Lines = lines,
            Input = input,
            Variables = variables,
        };
    }

    /// <summary>Takes the first word where it begins with the mark; what follows the mark is its text.</summary>
    private static bool TryTake(ref string line, char mark, out string text)
    {
        text = "";
        if (line[0] != mark)
            return false;
        var end = line.IndexOf(' ', StringComparison.Ordinal);
        (text, line) = (line[1..end], line[(end + 1)..]);
        return true;
    }
}
