namespace KvStore.Interop.Tests.Ctl;

/// <summary>One command line in one format, and what came of it: exit code, standard output, standard error.</summary>
internal sealed record ScriptStep(string Title, string Result, bool NeedsNoServer)
{
    /// <summary>Ended well, or by the signal that ends what has no end.</summary>
    public bool IsDone => Result.StartsWith("exit 0\n", StringComparison.Ordinal) || Result.StartsWith("exit 143\n", StringComparison.Ordinal);

    /// <summary>Its parts, each about one member, stand in an order that differs from cluster to cluster.</summary>
    public bool IsInAnyOrder => Title.StartsWith("member ", StringComparison.Ordinal) || Title.StartsWith("endpoint health", StringComparison.Ordinal) || Title.Contains("--cluster", StringComparison.Ordinal);

    /// <summary>Where one run of a script answers otherwise than another, and no known difference says so.</summary>
    public static IEnumerable<string> Differences(
        IReadOnlyList<ScriptStep> theirs, IReadOnlyList<ScriptStep> ours, IReadOnlyList<KnownDifference> known, string who, bool isOurTool, bool isOurServer)
    {
        Assert.Equal(theirs.Select(step => step.Title), ours.Select(step => step.Title));
        foreach (var (their, our) in theirs.Zip(ours))
        {
            var expected = known.Aggregate(their.Result, (text, difference) => difference.Apply(their, text, isOurTool, isOurServer));
            if (expected != our.Result && !(their.IsInAnyOrder && ScriptCluster.Ordered(expected) == ScriptCluster.Ordered(our.Result)))
                yield return $"### {who}: {their.Title}\n{FirstDifference(expected, our.Result)}\n--- expected\n{expected}\n--- printed\n{our.Result}";
        }
    }

    /// <summary>The lines that differ first: what a report of a long difference must begin with.</summary>
    private static string FirstDifference(string expected, string printed)
    {
        var (wanted, got) = (expected.Split('\n'), printed.Split('\n'));
        var line = wanted.Zip(got).TakeWhile(pair => pair.First == pair.Second).Count();
        return $"< {wanted.ElementAtOrDefault(line)}\n> {got.ElementAtOrDefault(line)}";
    }
}
