using System.Text.RegularExpressions;

namespace KvStore.Architecture.Tests;

/// <summary>What the documents name exists.</summary>
public sealed partial class DocumentTests
{
    /// <summary>Written by a run of their own (./build.sh bench) or by the tests that compare with etcd; a fresh checkout may lack them.</summary>
    private static readonly string[] _generated = ["docs/BENCHMARKS.md", "docs/COMPATIBILITY.md"];

    [Fact]
    public void RelativeLinks_LeadToFiles()
    {
        var broken = from document in Documents()
                     from link in Links(File.ReadAllText(document))
                     let target = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(document)!, link))
                     where !Path.Exists(target) && !_generated.Contains(Path.GetRelativePath(Checkout.Root, target))
                     select $"{Path.GetRelativePath(Checkout.Root, document)}: {link}";
        Assert.Empty(broken);
    }

    [Fact]
    public void EveryDecision_IsInTheListOfDecisions()
    {
        var folder = Path.Combine(Checkout.Root, "docs/adr");
        var listed = Links(File.ReadAllText(Path.Combine(folder, "README.md")));
        var written = Directory.EnumerateFiles(folder, "0*.md").Select(file => Path.GetFileName(file));
        Assert.Equal(written.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Links_SeesRelativeOnesOnly() =>
        Assert.Equal(["a/b.md", "c.md"], Links("[x](a/b.md) [y](https://etcd.io/docs) [z](c.md#part) [w](#here)"));

    private static IEnumerable<string> Documents() =>
        new[] { "docs", "src", "deploy" }.Select(folder => Path.Combine(Checkout.Root, folder)).Where(Directory.Exists)
            .SelectMany(static folder => Directory.EnumerateFiles(folder, "*.md", SearchOption.AllDirectories))
            .Append(Path.Combine(Checkout.Root, "README.md"));

    private static IEnumerable<string> Links(string text) =>
        LinkPattern().Matches(text).Select(static match => match.Groups[1].Value.Split('#')[0])
            .Where(static link => link.Length > 0 && !link.Contains("://", StringComparison.Ordinal));

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex LinkPattern();
}
