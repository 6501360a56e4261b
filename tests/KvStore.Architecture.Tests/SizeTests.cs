namespace KvStore.Architecture.Tests;

/// <summary>A file is one thing: think at 400 lines, explain at 600 (docs/STYLE.md). None needed explaining so far.</summary>
public sealed class SizeTests
{
    private const int LinesMax = 600;

    [Fact]
    public void Files_StayReadable()
    {
        var tooLong = from file in Checkout.Sources("src").Concat(Checkout.Sources("tests"))
                      let lines = File.ReadLines(file).Count()
                      where lines > LinesMax
                      select $"{Path.GetRelativePath(Checkout.Root, file)}: {lines} lines";
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
