namespace KvStore.Benchmarks.Rows;

/// <summary>Rows that share a kind of cluster.</summary>
/// <param name="Title">The heading in the report.</param>
/// <param name="Members">Of each side's cluster.</param>
/// <param name="IsKept">
/// False: every run has fresh servers. True: each side's servers are started once and do all rows of the group in order, because what they
/// hold takes minutes to write.
/// </param>
/// <param name="Rows">In the order they are run.</param>
internal sealed record RowGroup(string Title, int Members, bool IsKept, IReadOnlyList<Row> Rows);
