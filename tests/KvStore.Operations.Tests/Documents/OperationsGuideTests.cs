using KvStore.Testing.Processes;

namespace KvStore.Operations.Tests.Documents;

/// <summary>No command of the guide is there that no test runs.</summary>
public sealed class OperationsGuideTests
{
    [Fact]
    public void EveryBlock_HasANameOfItsOwn()
    {
        Assert.True(OperationsGuide.Blocks.Count > 20, $"only {OperationsGuide.Blocks.Count} blocks");
        Assert.All(OperationsGuide.Blocks, block =>
        {
            Assert.NotEqual("", block.Key);
            Assert.Single(block);
        });
    }

    [Fact]
    public void EveryBlock_IsRunByAProcedure()
    {
        var folder = Path.Combine(Checkout.Root, "tests/KvStore.Operations.Tests");
        var sources = string.Concat(new[] { "Procedures", "Machines" }
            .SelectMany(name => Directory.EnumerateFiles(Path.Combine(folder, name), "*.cs")).Select(File.ReadAllText));
        var idle = OperationsGuide.Blocks.Select(block => block.Key).Where(name => !sources.Contains($"\"{name}\"", StringComparison.Ordinal));
        Assert.Empty(idle);
    }
}
