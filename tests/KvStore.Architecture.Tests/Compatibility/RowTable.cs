namespace KvStore.Architecture.Tests.Compatibility;

/// <summary>A file of rows: columns with " | " between them, the last one the evidence; '#' begins a remark.</summary>
internal sealed class RowTable
{
    private const string Separator = " | ";

    private readonly Dictionary<string, string[]> _rows = new(StringComparer.Ordinal);

    private RowTable(string name, IEnumerable<string> lines)
    {
        foreach (var line in lines.Where(static line => line.Length > 0 && line[0] != '#'))
        {
            var columns = line.Split(Separator, StringSplitOptions.TrimEntries);
            Assert.True(columns.Length >= 2, $"{name}: a row without evidence column: {line}");
            Assert.True(_rows.TryAdd(columns[0], columns), $"{name}: two rows for {columns[0]}");
        }
    }

    public IEnumerable<string> Keys => _rows.Keys;

    public static RowTable Read(string name) => new(name, File.ReadLines(Path.Combine(Checkout.Root, "tests/KvStore.Architecture.Tests/Compatibility/Tables", name)));

    /// <summary>The columns between key and evidence; none for a key without a row.</summary>
    public IReadOnlyList<string> Facts(string key) => _rows.TryGetValue(key, out var columns) ? columns[1..^1] : [];

    public string Evidence(string key) => _rows.TryGetValue(key, out var columns) ? columns[^1] : "";

    /// <summary>All rows as they stand.</summary>
    public IReadOnlyList<Row> Rows(Func<string, IEnumerable<string>>? witnesses = null) =>
        [.. _rows.Values.Select(columns => Row.Of(columns[0], columns[1..^1], columns[^1], witnesses?.Invoke(columns[0]) ?? []))];
}
