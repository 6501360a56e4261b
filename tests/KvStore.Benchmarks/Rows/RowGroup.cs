namespace KvStore.Benchmarks.Rows;

/// <summary>Rows that share a kind of cluster.</summary>
/// <param name="Title">The heading in the report.</param>
/// <param name="Members">Of each side's cluster.</param>
/// <param name="Keeping">For how long it lives.</param>
/// <param name="Rows">In the order they are run.</param>
internal sealed record RowGroup(string Title, int Members, Keeping Keeping, IReadOnlyList<Row> Rows)
{
    /// <summary>What each member is told to keep to; null for no limit. See <see cref="Servers.MemoryAllowance"/>.</summary>
    public long? MemoryBytes { get; init; }
}
