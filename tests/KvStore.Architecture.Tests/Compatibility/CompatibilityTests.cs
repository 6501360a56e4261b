using KvStore.Api;

namespace KvStore.Architecture.Tests.Compatibility;

/// <summary>
/// docs/COMPATIBILITY.md says what the code and the tests say: every row of etcd's contract, and for each the tests that show it.
/// KVSTORE_REWRITE=1 writes it anew; otherwise it must be what it would be.
/// </summary>
public sealed class CompatibilityTests
{
    [Fact]
    public void CompatibilityPage_SaysWhatTheCodeDoes()
    {
        var page = Page.Write(Kinds.All());
        var path = Path.Combine(Checkout.Root, "docs/COMPATIBILITY.md");
        if (Environment.GetEnvironmentVariable("KVSTORE_REWRITE") == "1")
            File.WriteAllText(path, page);
        Assert.Equal(File.ReadAllText(path), page);
    }

    [Fact]
    public void EveryCitedTest_Exists()
    {
        var index = new TestIndex();
        var unknown = from kind in Kinds.All()
                      from row in kind.Rows
                      from test in row.Tests
                      where !index.Contains(test)
                      select $"{kind.Title}: {row.Key}: {test}";
        Assert.Empty(unknown);
    }

    /// <summary>A test that shows a metric, a flag or an error has its name in its code; a slip of the hand in a table is found here.</summary>
    [Fact]
    public void EveryCitedTest_NamesItsRow()
    {
        var index = new TestIndex();
        var silent = from kind in Kinds.All()
                     where kind.Mentions is not null
                     from row in kind.Rows
                     from test in row.Tests
                     where index.Contains(test) && !kind.Mentions!(row).Any(name => index.SourceOf(test).Contains(name, StringComparison.Ordinal))
                     select $"{kind.Title}: {row.Key}: {test}";
        Assert.Empty(silent);
    }

    [Fact]
    public void EveryMissingRpc_IsAnRpc() => Assert.Empty(MissingRpcs.Paths.Except(Kinds.Methods().Select(Kinds.PathOf)));
}
