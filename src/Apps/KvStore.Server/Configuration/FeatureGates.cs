namespace KvStore.Server.Configuration;

/// <summary>The feature gates of etcd 3.7 and how they were set. Immutable.</summary>
internal sealed class FeatureGates
{
    private readonly Dictionary<string, bool> _given;

    private FeatureGates(Dictionary<string, bool> given) => _given = given;

    public static IReadOnlyList<FeatureGate> All { get; } =
    [
        new("StopGRPCServiceOnDefrag", false, false, "the store serves while it is defragmented"),
        new("InitialCorruptCheck", false, false, ""),
        new("CompactHashCheck", false, false, ""),
        new("TxnModeWriteWithSharedBuffer", true, true, "reads inside a transaction copy nothing"),
        new("LeaseCheckpoint", false, false, "the remaining time of leases is always kept"),
        new("LeaseCheckpointPersist", false, false, "the remaining time of leases is always kept"),
        new("SetMemberLocalAddr", false, false, "the system chooses the address of outgoing connections"),
        new("FastLeaseKeepAlive", true, true, "it is always on"),
        new("PriorityRequest", false, false, "requests have one priority"),
    ];

    public bool IsEnabled(string name) => _given.TryGetValue(name, out var enabled) ? enabled : Find(name)!.Default;

    /// <summary>Those that were set to something else than their default and change nothing here.</summary>
    public IEnumerable<FeatureGate> Inert => All.Where(gate => gate.Note.Length > 0 && IsEnabled(gate.Name) != gate.Default);

    /// <summary>Reads "A=true,B=false".</summary>
    /// <param name="text">The flag's value; later pairs win, and a gate's own name over AllAlpha and AllBeta.</param>
    /// <param name="problem">What is wrong, in etcd's words; null when nothing is.</param>
    public static FeatureGates Read(string text, out string? problem)
    {
        var named = new Dictionary<string, bool>(StringComparer.Ordinal);
        problem = null;
        foreach (var pair in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? pair : pair[..equals].TrimEnd();
            if (equals < 0)
                problem ??= $"missing bool value for {name}";
            else if (!CommandLine.TryReadBool(pair[(equals + 1)..].Trim(), out var value))
                problem ??= $"invalid value of {pair}, err: parse error";
            else if (Find(name) is null && name is not ("AllAlpha" or "AllBeta"))
                problem ??= $"unrecognized feature gate: {name}";
            else
                named[name] = value;
        }

        var given = new Dictionary<string, bool>(StringComparer.Ordinal);
        foreach (var gate in All)
        {
            if (named.TryGetValue(gate.Name, out var value) || named.TryGetValue(gate.IsBeta ? "AllBeta" : "AllAlpha", out value))
                given[gate.Name] = value;
        }

        return new FeatureGates(given);
    }

    /// <summary>The same with one gate set.</summary>
    public FeatureGates With(string name, bool enabled) => new(new Dictionary<string, bool>(_given, StringComparer.Ordinal) { [name] = enabled });

    private static FeatureGate? Find(string name) => All.FirstOrDefault(gate => gate.Name == name);
}
