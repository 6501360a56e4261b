using KvStore.Testing.Processes;

namespace KvStore.Client.Tests.Documents;

/// <summary>The code that documents show is code of the examples, which are compiled and run.</summary>
public sealed class ShownCodeTests
{
    private static readonly string[] _documents =
        ["docs/CLIENT.md", "src/Apps/KvStore.Client/README.md", "src/Apps/KvStore.Client.Extensions/README.md"];

    [Fact]
    public void EveryShownLine_IsInAnExample_InOrder()
    {
        var examples = Directory.EnumerateFiles(Path.Combine(Checkout.Root, "tests/KvStore.Client.Tests/Examples"), "*.cs")
            .Select(file => "\n" + string.Join('\n', Lines(File.ReadLines(file))) + "\n").ToArray();
        var shown = _documents.SelectMany(document => Blocks(document).Select(block => (Document: document, Block: block))).ToArray();
        Assert.True(shown.Length > 10);
        var unknown = from each in shown
                      where !Array.Exists(examples, example => example.Contains("\n" + each.Block + "\n", StringComparison.Ordinal))
                      select each.Document + ":\n" + each.Block;
        Assert.Empty(unknown);
    }

    private static IEnumerable<string> Blocks(string document)
    {
        var parts = File.ReadAllText(Path.Combine(Checkout.Root, document)).Split("```csharp\n");
        return parts.Skip(1).Select(part => string.Join('\n', Lines(part[..part.IndexOf("```", StringComparison.Ordinal)].Split('\n'))));
    }

    // Indentation differs between a document and a method, and blank lines are a matter of taste.
    private static IEnumerable<string> Lines(IEnumerable<string> text) => text.Select(line => line.Trim()).Where(line => line.Length > 0);
}
