namespace KvStore.Benchmarks.Rows;

/// <summary>Everything that is compared, in the order of the report.</summary>
internal static class AllRows
{
    public static IReadOnlyList<RowGroup> Groups { get; } =
    [
        new RowGroup("One member", Members: 1, Keeping.Row, [.. CallRows.OneMember()]),
        new RowGroup("Three members", Members: 3, Keeping.Row, [.. CallRows.ThreeMembers()]),
        new RowGroup("Watchers", Members: 1, Keeping.None, [.. WatchRows.All()]),
        new RowGroup("Leases", Members: 1, Keeping.None, [.. LeaseRows.OneMember()]),
        new RowGroup("Leases, three members", Members: 3, Keeping.None, [.. LeaseRows.ThreeMembers()]),
        new RowGroup("A million keys", Members: 1, Keeping.BothSides, [.. LargeRows.All()]),
        new RowGroup("A gigabyte", Members: 1, Keeping.BothSides, [.. WideRows.All()]),
    ];
}
