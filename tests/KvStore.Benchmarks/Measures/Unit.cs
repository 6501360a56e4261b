namespace KvStore.Benchmarks.Measures;

/// <summary>What a row's figure counts.</summary>
internal enum Unit
{
    /// <summary>More is better.</summary>
    PerSecond,

    /// <summary>More is better.</summary>
    MegabytesPerSecond,

    /// <summary>Less is better.</summary>
    Milliseconds,

    /// <summary>Less is better.</summary>
    Megabytes,

    /// <summary>A multiple of the same server's own figure without a burden; less is better.</summary>
    Times,
}
