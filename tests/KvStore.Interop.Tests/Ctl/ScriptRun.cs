using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace KvStore.Interop.Tests.Ctl;

/// <summary>Runs a script with one tool against one server and keeps what each line printed, without what chance decides.</summary>
/// <param name="tool">What it is run with.</param>
/// <param name="endpoint">The server's; empty for a script without a server.</param>
/// <param name="folder">Where the tool runs: files that a script names are made there.</param>
/// <param name="cluster">What lines may name beside the endpoint; null for one member in clear text.</param>
internal sealed partial class ScriptRun(ScriptTool tool, string endpoint, string folder, ScriptCluster? cluster = null)
{
    private static readonly string[] Formats = ["simple", "json", "fields", "table", "protobuf"];

    private readonly Dictionary<string, string> _captured = new(cluster?.Names ?? new Dictionary<string, string>(), StringComparer.Ordinal);
    private readonly List<ScriptStep> _steps = [];
    private ScriptLine? _line;
    private string[] _words = [];

    public async Task<IReadOnlyList<ScriptStep>> RunAsync(IEnumerable<ScriptLine> lines)
    {
        foreach (var line in lines)
        {
            if (line.IsAct)
                await cluster!.ActAsync(line.Words).ConfigureAwait(false);
            foreach (var format in line.IsAct ? [] : line.HasFormats ? Formats : Formats[..1])
                await StepAsync(line, format).ConfigureAwait(false);
        }

        return _steps;
    }

    private async Task StepAsync(ScriptLine line, string format)
    {
        string[] words = [.. line.Words.Select(word => Fill(word, format))];
        if (format != Formats[0])
            words = [.. words.TakeWhile(word => word != "--"), "-w", format, .. words.SkipWhile(word => word != "--")];
        var result = await tool.RunAsync(line, [.. GlobalFlags(line), .. words], Fill(line.Input, format), folder, isFirst: format == Formats[0]).ConfigureAwait(false);
        if (line.Capture.Length > 0)
            _captured[line.Capture] = IdIn(result.Output);
        _line = line;
        _words = words;
        var title = Anonymous(string.Join(' ', words.Select(word => word.Length == 0 ? "''" : word)));
        _steps.Add(new ScriptStep(title, $"exit {result.ExitCode}\n{Anonymous(WithoutHelp(result.Output))}{Anonymous(WithoutLog(result.Errors))}", line.NeedsNoServer));
    }

    /// <summary>What a line does not say itself: where the server is, and how it is spoken to.</summary>
    private IEnumerable<string> GlobalFlags(ScriptLine line)
    {
        if (endpoint.Length > 0 && !line.Words.Contains("--endpoints"))
            yield return "--endpoints=" + endpoint;
        foreach (var flag in cluster is null || line.SaysTls ? [] : cluster.TlsFlags)
            yield return flag;
    }

    /// <summary>The first id that is printed, in hexadecimal digits.</summary>
    private static string IdIn(string output) => DecimalId().Match(output) is { Success: true } match
        ? ulong.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture).ToString("x", CultureInfo.InvariantCulture)
        : HexId().Match(output).Value is { Length: > 0 } id ? id : "none";

    private string Fill(string text, string format)
    {
        text = text.Replace("{format}", format, StringComparison.Ordinal);
        foreach (var (name, value) in _captured)
            text = text.Replace($"{{{name}}}", value, StringComparison.Ordinal);
        return text;
    }

    /// <summary>Help is this program's own.</summary>
    private static string WithoutHelp(string output) => Help().Replace(output, "");

    /// <summary>
    /// Without the log: of the Go client about each repeated call and each step of a download, of the offline tools about each step of a
    /// restore. And without the help that etcdutl shows beside an error.
    /// </summary>
    private static string WithoutLog(string errors) => HelpBeside().Replace(Log().Replace(errors, ""), "");

    private string Anonymous(string text)
    {
        if (endpoint.Length > 0)
            text = text.Replace(endpoint, "<endpoint>", StringComparison.Ordinal);
        text = LeaseKeys(text);
        foreach (var (name, value) in _captured)
            text = WithoutId(text, value, $"<{name}>");
        if (cluster is not null)
            text = ScriptCluster.WithoutChance(text, _words);
        foreach (Match match in OwnedKey().Matches(text))
            text = WithoutId(text, match.Groups[1].Value, "<own>");
        text = Members().Replace(Remaining().Replace(text, "$1<seconds>"), "Member <");
        text = Cluster().Replace(text, match => string.Join(',', match.Value.Split(',').Order(StringComparer.Ordinal)));
        text = Took().Replace(text, "$1<time>");
        if (_line!.Words is ["version"])
            return OwnVersion().Replace(text, "<version>");
        if (!_line.Words.Contains("endpoint"))
            return text;
        if (_line.Words.Contains("status"))
            text = Status().Replace(text, "<number>");
        // A cell is as wide as the address, the number or the time that stands in it.
        return Blanks().Replace(Rules().Replace(text, "â\u0094\u0080"), "â\u0094\u0082");
    }

    /// <summary>Keys of locks end with the id of a lease, in JSON within their base64 form.</summary>
    private static string LeaseKeys(string text) => Base64Key().Replace(text, match =>
    {
        var key = Encoding.Latin1.GetString(Convert.FromBase64String(match.Groups[1].Value));
        return OwnedKey().IsMatch(key) ? $"\"key\":\"{key}\"" : match.Value;
    });

    private static string WithoutId(string text, string hex, string name)
    {
        text = text.Replace(hex, name, StringComparison.Ordinal);
        return ulong.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var id)
            ? text.Replace(id.ToString(CultureInfo.InvariantCulture), name, StringComparison.Ordinal).Replace(ScriptCluster.Encoded(id), name, StringComparison.Ordinal)
            : text;
    }

    [GeneratedRegex(@"\b[0-9a-f]{13,16}\b")]
    private static partial Regex HexId();

    [GeneratedRegex("\"ID\"(?:: ?| : )(\\d{13,20})")]
    private static partial Regex DecimalId();

    [GeneratedRegex(@"/([0-9a-f]{13,16})\b")]
    private static partial Regex OwnedKey();

    [GeneratedRegex("\"key\":\"([A-Za-z0-9+/]+=*)\"")]
    private static partial Regex Base64Key();

    [GeneratedRegex("(took = |took |\"took\":\"|\"Took\" : |â\u0094\u0082 +)[0-9.]+(ms|Âµs|s)\\b")]
    private static partial Regex Took();

    [GeneratedRegex("(remaining\\(|\"ttl\":|\"TTL\" : )\\d+")]
    private static partial Regex Remaining();

    /// <summary>Of `endpoint status`: versions, sizes, parts and indexes.</summary>
    [GeneratedRegex(@"\b3\.\d+\.\d+\b|\b[0-9.]+ [kMG]?B\b|\b\d+%|(?<=""dbSize(InUse|Quota)?"":|""DBSize(InUse|Quota)?"" : )\d+|(?<=""[Rr]aft(Applied)?Index""( : |:))\d+|(?<=[, ] )\d{2,3}(?=[, ])")]
    private static partial Regex Status();

    /// <summary>An id is filled up with blanks.</summary>
    [GeneratedRegex("Member +<")]
    private static partial Regex Members();

    /// <summary>In the order of ids.</summary>
    [GeneratedRegex("(?<=ETCD_INITIAL_CLUSTER=\")[^\"]+")]
    private static partial Regex Cluster();

    [GeneratedRegex("(?<=etcd[cu]tl version: )\\S+")]
    private static partial Regex OwnVersion();

    [GeneratedRegex(@"(?m)^(\{""level"":|\d{4}-\d\d-\d\dT|restored snapshot ).*\n")]
    private static partial Regex Log();

    [GeneratedRegex(@"(?s)(?<=\n)Usage:\n.*?\n(?=\n+Error: )")]
    private static partial Regex HelpBeside();

    [GeneratedRegex(@"(?s)(?<=^|\n)(NAME|Usage):\n.*$")]
    private static partial Regex Help();

    // The lines of tables, each a char of three bytes.
    [GeneratedRegex("(â\u0094[\u0080¬¼´])+")]
    private static partial Regex Rules();

    [GeneratedRegex(" *â\u0094\u0082 *")]
    private static partial Regex Blanks();
}
