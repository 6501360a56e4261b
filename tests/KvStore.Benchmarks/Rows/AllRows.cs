namespace KvStore.Benchmarks.Rows;

/// <summary>Everything that is compared, in the order of the report.</summary>
internal static class AllRows
{
    public static IReadOnlyList<RowGroup> Groups { get; } =
    [
        new RowGroup("One member", Members: 1, IsKept: false, [.. CallRows.OneMember()]),
        new RowGroup("Three members", Members: 3, IsKept: false, [.. CallRows.ThreeMembers()]),
        new RowGroup("Watchers", Members: 1, IsKept: false, [.. WatchRows.All()]),
        new RowGroup("Leases", Members: 1, IsKept: false, [.. LeaseRows.OneMember()]),
        new RowGroup("Leases, three members", Members: 3, IsKept: false, [.. LeaseRows.ThreeMembers()]),
        new RowGroup("A million keys", Members: 1, IsKept: true, [.. LargeRows.All()]),
        new RowGroup("A gigabyte", Members: 1, IsKept: true, [.. WideRows.All()]),
    ];
}
