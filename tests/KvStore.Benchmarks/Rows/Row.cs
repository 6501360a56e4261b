using KvStore.Benchmarks.Measures;

namespace KvStore.Benchmarks.Rows;

/// <summary>One line of the comparison.</summary>
internal sealed record Row(string Name, Unit Unit, Func<RowRun, Task<Measurement>> RunAsync)
{
    /// <summary>Empty for a row that is shown for what it says, without a goal.</summary>
    public IReadOnlyList<Target> Targets { get; init; } = [];

    /// <summary>Fewer rounds than the others have, for a row that takes long or can be done once only; null for all.</summary>
    public int? RoundsMax { get; init; }

    /// <summary>What a reader has to know to understand the figure.</summary>
    public string Note { get; init; } = "";
}
