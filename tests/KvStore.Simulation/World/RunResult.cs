namespace KvStore.Simulation.World;

/// <summary>What came of a run. <see cref="Failure"/> is null when all was well.</summary>
public sealed record RunResult(
    ulong Seed, string? Failure, uint TranscriptHash, long Events, int Terms, int Committed, long Asked, long Answered, int Crashes, IReadOnlyDictionary<string, long> Reached)
{
    public override string ToString() =>
        $"seed {Seed}: {Failure ?? "ok"} | hash {TranscriptHash:x8} terms {Terms} committed {Committed} asked {Asked} answered {Answered} crashes {Crashes}";
}
