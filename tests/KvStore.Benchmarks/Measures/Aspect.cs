namespace KvStore.Benchmarks.Measures;

/// <summary>What of a row a target is about.</summary>
internal enum Aspect
{
    /// <summary>Our figure by etcd's.</summary>
    Ratio,

    /// <summary>Our processor time by etcd's.</summary>
    CpuRatio,

    /// <summary>Our 99th percentile by etcd's.</summary>
    P99Ratio,

    /// <summary>Our 99.9th percentile by etcd's.</summary>
    P999Ratio,

    /// <summary>Our figure alone.</summary>
    Figure,

    /// <summary>The growth of our memory, in megabytes.</summary>
    Growth,

    /// <summary>The largest resident set of ours, in megabytes.</summary>
    Peak,
}
