namespace KvStore.Load.Measures;

/// <summary>What one run of a load found.</summary>
public sealed record LoadResult
{
    public required string Workload { get; init; }

    /// <summary>Calls answered, or events delivered, in the measured time.</summary>
    public required long Done { get; init; }

    /// <summary>The measured time in seconds, without the warm-up.</summary>
    public required double Seconds { get; init; }

    public double PerSecond => Seconds > 0 ? Done / Seconds : 0;

    /// <summary>Bytes of the answers' messages.</summary>
    public long BytesReceived { get; init; }

    public required LatencySummary Latency { get; init; }

    /// <summary>Done in each second of the measured time.</summary>
    public required IReadOnlyList<long> Timeline { get; init; }

    /// <summary>How often calls failed, by what the server or the transport said.</summary>
    public required IReadOnlyDictionary<string, long> Failures { get; init; }
}
