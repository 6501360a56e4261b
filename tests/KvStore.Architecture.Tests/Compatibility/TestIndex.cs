using System.Text.RegularExpressions;

namespace KvStore.Architecture.Tests.Compatibility;

/// <summary>Every test of the checkout by Class.Method, with the text of its file. Read from the sources: no other project need be built.</summary>
internal sealed partial class TestIndex
{
    private readonly Dictionary<string, string> _sources = new(StringComparer.Ordinal);

    public TestIndex()
    {
        foreach (var file in Checkout.Sources("tests"))
            Add(File.ReadAllText(file));
    }

    public bool Contains(string test) => _sources.ContainsKey(test);

    /// <summary>The code of the file that holds a test, without its remarks.</summary>
    public string SourceOf(string test) => _sources[test];

    private void Add(string text)
    {
        var code = Remark().Replace(text, "");
        var owner = "";
        var isTest = false;
        foreach (var line in code.Split('\n'))
        {
            if (ClassName().Match(line) is { Success: true } type)
                owner = type.Groups[1].Value;
            isTest |= TestMark().IsMatch(line);
            if (!isTest || MethodName().Match(line) is not { Success: true } method)
                continue;
            _sources[$"{owner}.{method.Groups[1].Value}"] = code;
            isTest = false;
        }
    }

    [GeneratedRegex(@"^\s*//.*$", RegexOptions.Multiline)]
    private static partial Regex Remark();

    [GeneratedRegex(@"^\s*(?:public|internal)[\w\s]* class (\w+)")]
    private static partial Regex ClassName();

    [GeneratedRegex(@"^\s*\[(?:Fact|Theory)\b")]
    private static partial Regex TestMark();

    [GeneratedRegex(@"^\s*public [\w\s<>]*?(\w+)\(")]
    private static partial Regex MethodName();
}
