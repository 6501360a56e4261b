namespace KvStore.Ctl.Commands.Checks;

/// <summary>How hard `check perf` drives a cluster, and for how long.</summary>
/// <param name="PutsPerSecond">Of all clients together; nine tenths of it must be reached.</param>
/// <param name="Clients">Each with a connection of its own.</param>
/// <param name="Duration">Of the load.</param>
internal sealed record PerfLoad(int PutsPerSecond, int Clients, TimeSpan Duration)
{
    private static readonly TimeSpan Minute = TimeSpan.FromSeconds(60);

    /// <summary>etcd's four; null for another name.</summary>
    public static PerfLoad? Named(string name) => name switch
    {
        "s" or "small" => new PerfLoad(150, 50, Minute),
        "m" or "medium" => new PerfLoad(1000, 200, Minute),
        "l" or "large" => new PerfLoad(8000, 500, Minute),
        "xl" or "xLarge" => new PerfLoad(15000, 1000, Minute),
        _ => null,
    };
}
