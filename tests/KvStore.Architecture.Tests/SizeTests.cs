namespace KvStore.Architecture.Tests;

/// <summary>A file is one thing: think at 400 lines, explain at 600 (docs/STYLE.md). The ratchet only turns down.</summary>
public sealed class SizeTests
{
    private const int LinesMax = 600;

    /// <summary>Files that are longer with a reason, and their limit.</summary>
    private static readonly Dictionary<string, (int Lines, string Reason)> Explained = new(StringComparer.Ordinal);

    [Fact]
    public void ProductFiles_StayReadable()
    {
        var tooLong = from file in Checkout.Sources("src")
                      let lines = File.ReadLines(file).Count()
                      let name = Path.GetRelativePath(Checkout.Root, file)
                      where lines > (Explained.TryGetValue(name, out var limit) ? limit.Lines : LinesMax)
                      select $"{name}: {lines} lines";
        Assert.Empty(tooLong);
    }

    [Fact]
    public void ProductFiles_CarryNoUnfinishedWork()
    {
        var marks = new[] { "TO" + "DO", "FIX" + "ME", "HA" + "CK", "NotImplemented" + "Exception" };
        var found = from file in Checkout.Sources("src")
                    from line in File.ReadLines(file)
                    where marks.Any(mark => line.Contains(mark, StringComparison.Ordinal))
                    select $"{Path.GetRelativePath(Checkout.Root, file)}: {line.Trim()}";
        Assert.Empty(found);
    }
}
