namespace KvStore.Simulation.World;

/// <summary>
/// What many seeds did together, and whether that was enough (C18): a set of seeds that never breaks a disk, or answers nobody,
/// passes by doing nothing.
/// </summary>
/// <param name="minimums">By path: the least number of times it is taken in a hundred seeds.</param>
/// <param name="answeredPerSeed">The least number of calls answered, in the mean of the seeds.</param>
public sealed class SeedReport(IReadOnlyDictionary<string, int> minimums, int answeredPerSeed)
{
    /// <summary>Fewer seeds than this prove nothing about what seeds do.</summary>
    private const int SeedsMin = 100;

    private readonly SortedDictionary<string, long> _reached = new(StringComparer.Ordinal);

    public long Seeds { get; private set; }

    public long Failures { get; private set; }

    public long Committed { get; private set; }

    public long Answered { get; private set; }

    public IReadOnlyDictionary<string, long> Reached => _reached;

    /// <summary>What was done too rarely, a line each; nothing for a handful of seeds.</summary>
    public IReadOnlyList<string> Shortfalls
    {
        get
        {
            var lines = new List<string>();
            if (Seeds < SeedsMin)
                return lines;
            if (Answered < answeredPerSeed * Seeds)
                lines.Add($"{Answered} calls answered in {Seeds} seeds: at least {answeredPerSeed} a seed are expected");
            foreach (var (path, minimum) in minimums.OrderBy(static one => one.Key, StringComparer.Ordinal))
            {
                var times = _reached.GetValueOrDefault(path);
                if (times * 100 < minimum * Seeds)
                    lines.Add($"{times} times in {Seeds} seeds: {path}; at least {minimum} in a hundred are expected");
            }

            return lines;
        }
    }

    public void Add(RunResult result)
    {
        Seeds++;
        Committed += result.Committed;
        Answered += result.Answered;
        if (result.Failure is not null)
            Failures++;
        foreach (var (path, count) in result.Reached)
            _reached[path] = _reached.GetValueOrDefault(path) + count;
    }
}
