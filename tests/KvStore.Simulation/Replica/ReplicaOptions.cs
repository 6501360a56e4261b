namespace KvStore.Simulation.Replica;

/// <summary>Limits of a replica, drawn small by the seed so that their ends are met often.</summary>
internal sealed record ReplicaOptions
{
    public long SegmentBytes { get; init; } = 8192;

    /// <summary>Applied entries between two snapshots.</summary>
    public ulong SnapshotEvery { get; init; } = 100;

    /// <summary>Entries kept in memory behind a snapshot.</summary>
    public ulong KeptEntries { get; init; } = 20;

    public int InboxMax { get; init; } = 1000;

    public int BatchMax { get; init; } = 64;

    public int InflightMax { get; init; } = 16;

    public long AppendBytesMax { get; init; } = 4096;

    public TimeSpan TickInterval { get; init; } = TimeSpan.FromMilliseconds(100);
}
