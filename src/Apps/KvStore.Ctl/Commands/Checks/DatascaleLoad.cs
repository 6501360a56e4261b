namespace KvStore.Ctl.Commands.Checks;

/// <summary>How much `check datascale` writes.</summary>
/// <param name="Pairs">Keys and values.</param>
/// <param name="Clients">Each with a connection of its own.</param>
internal sealed record DatascaleLoad(int Pairs, int Clients)
{
    /// <summary>Of a key and its value, without the prefix.</summary>
    public const int PairBytes = 1024;

    /// <summary>etcd's four; null for another name.</summary>
    public static DatascaleLoad? Named(string name) => name switch
    {
        "s" or "small" => new DatascaleLoad(10_000, 50),
        "m" or "medium" => new DatascaleLoad(100_000, 200),
        "l" or "large" => new DatascaleLoad(1_000_000, 500),
        "xl" or "xLarge" => new DatascaleLoad(3_000_000, 1000),
        _ => null,
    };
}
