namespace KvStore.Architecture.Tests.Compatibility;

/// <summary>One promise of etcd's contract and what stands for it here.</summary>
/// <param name="Key">What is promised: a path, a name, a rule.</param>
/// <param name="Facts">What etcd's users may rely on, in the columns of the kind.</param>
/// <param name="Tests">Tests that show it, as Class.Method.</param>
/// <param name="ByDesign">Why it is otherwise here on purpose; null when it is not.</param>
/// <param name="Missing">Why nothing shows it; null when something does.</param>
internal sealed record Row(string Key, IReadOnlyList<string> Facts, IReadOnlyList<string> Tests, string? ByDesign, string? Missing)
{
    private const string NoTest = "no test shows it";

    /// <param name="key">What is promised.</param>
    /// <param name="facts">The columns.</param>
    /// <param name="evidence">Tests with commas between them, "design: why", "missing: why", or nothing.</param>
    /// <param name="witnesses">Tests known from elsewhere.</param>
    public static Row Of(string key, IReadOnlyList<string> facts, string evidence, IEnumerable<string> witnesses)
    {
        if (Reason(evidence, "design:") is { } design)
            return new Row(key, facts, [], design, null);
        if (Reason(evidence, "missing:") is { } missing)
            return new Row(key, facts, [], null, missing);
        string[] tests = [.. evidence.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Concat(witnesses).Distinct(StringComparer.Ordinal)];
        return new Row(key, facts, tests, null, tests.Length > 0 ? null : NoTest);
    }

    private static string? Reason(string evidence, string mark) =>
        evidence.StartsWith(mark, StringComparison.Ordinal) ? evidence[mark.Length..].Trim() : null;
}
