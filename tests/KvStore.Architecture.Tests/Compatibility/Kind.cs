namespace KvStore.Architecture.Tests.Compatibility;

/// <summary>The rows of one kind.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="About">What holds for all of them.</param>
/// <param name="Columns">Names of key and facts.</param>
/// <param name="Rows">In the order of the page.</param>
internal sealed record Kind(string Title, string About, IReadOnlyList<string> Columns, IReadOnlyList<Row> Rows)
{
    /// <summary>What the file of a cited test must contain for a row; null: nothing is asked.</summary>
    public Func<Row, string[]>? Mentions { get; init; }
}
