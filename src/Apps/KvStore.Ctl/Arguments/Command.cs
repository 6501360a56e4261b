namespace KvStore.Ctl.Arguments;

/// <summary>A command or a group of commands.</summary>
internal sealed record Command
{
    public required string Name { get; init; }

    /// <summary>The name with its arguments, for help.</summary>
    public required string Use { get; init; }

    public required string Summary { get; init; }

    public IReadOnlyList<Flag> Flags { get; init; } = [];

    public IReadOnlyList<Command> Children { get; init; } = [];

    /// <summary>Whether `--command-timeout` ends it; a transaction is typed in and a keep-alive has no end.</summary>
    public bool HasTimeout { get; init; } = true;

    /// <summary>Whether it talks to a cluster; one that does not looks no endpoints up and warns of no variables.</summary>
    public bool NeedsCluster { get; init; } = true;

    /// <summary>Null for a group, which only shows its help.</summary>
    public Func<Invocation, Task>? Run { get; init; }

    /// <summary>By name or by a prefix that only one child has, as cobra does with prefix matching.</summary>
    public Command? FindChild(string word)
    {
        if (Children.FirstOrDefault(child => child.Name == word) is { } exact)
            return exact;
        var matches = Children.Where(child => word.Length > 0 && child.Name.StartsWith(word, StringComparison.Ordinal)).Take(2).ToList();
        return matches.Count == 1 ? matches[0] : null;
    }
}
