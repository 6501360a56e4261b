using KvStore.Testing.Processes;

namespace KvStore.Testing;

/// <summary>The tables behind docs/COMPATIBILITY.md, for tests that hold all rows of a kind against the product or against etcd.</summary>
public static class ContractTable
{
    /// <summary>The columns of every row.</summary>
    /// <param name="name">Of the file, beside the architecture tests.</param>
    public static IReadOnlyList<string[]> Read(string name) =>
    [
        .. File.ReadLines(Path.Combine(Checkout.Root, "tests/KvStore.Architecture.Tests/Compatibility/Tables", name))
            .Where(static line => line.Length > 0 && line[0] != '#').Select(static line => line.Split(" | ", StringSplitOptions.TrimEntries)),
    ];
}
