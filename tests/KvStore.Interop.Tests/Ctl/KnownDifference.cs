using System.Text;
using System.Text.RegularExpressions;
using KvStore.Testing.Processes;

namespace KvStore.Interop.Tests.Ctl;

/// <summary>An entry of testdata/differences.txt: where the answer wanted is not that of the programs of 3.5, and why.</summary>
internal sealed partial class KnownDifference
{
    private readonly Regex _lines;
    private readonly string _who;
    private readonly Regex _theirs;
    private readonly string _ours;

    private KnownDifference(string reason, string lines, string who, string theirs, string ours)
    {
        Reason = reason;
        _lines = new Regex($"^(?:{lines})$");
        _who = who is "tool" or "server" or "pair" ? who : throw new FormatException($"{reason}: who is {who}");
        _theirs = new Regex(Bytes(theirs));
        _ours = Control().Replace(Bytes(ours.Replace("\\n", "\n", StringComparison.Ordinal)), match => ((char)Convert.ToByte(match.Groups[1].Value, 16)).ToString());
    }

    public string Reason { get; }

    /// <summary>How many answers it explained: one that explains nothing is to be taken out.</summary>
    public int Uses { get; private set; }

    public static IReadOnlyList<KnownDifference> ReadAll(string file)
    {
        var found = new List<KnownDifference>();
        var reason = new List<string>();
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in File.ReadLines(Path.Combine(Checkout.Root, "tests/KvStore.Interop.Tests/Ctl/testdata", file)).Append(""))
        {
            if (line.StartsWith('#'))
            {
                reason.Add(line[1..].Trim());
            }
            else if (line.Length > 0)
            {
                var colon = line.IndexOf(':', StringComparison.Ordinal);
                fields.Add(line[..colon], line[Math.Min(line.Length, colon + 2)..]);
            }
            else
            {
                if (fields.Count > 0)
                    found.Add(new KnownDifference(string.Join(' ', reason), fields["lines"], fields["who"], fields["theirs"], fields["ours"]));
                reason.Clear();
                fields.Clear();
            }
        }

        return found;
    }

    [GeneratedRegex(@"\\x([0-9a-f]{2})")]
    private static partial Regex Control();

    /// <summary>As outputs are kept: one char for each byte.</summary>
    private static string Bytes(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    /// <summary>What is expected here of a line whose answer in 3.5 is given.</summary>
    public string Apply(ScriptStep step, string expected, bool isOurTool, bool isOurServer)
    {
        var applies = _who switch { "tool" => isOurTool, "server" => isOurServer, _ => isOurTool && isOurServer };
        if (!applies || !_lines.IsMatch(step.Title))
            return expected;
        var changed = _theirs.Replace(expected, _ours);
        if (changed != expected)
            Uses++;
        return changed;
    }
}
