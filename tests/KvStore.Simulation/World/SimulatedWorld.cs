using KvStore.Primitives;

namespace KvStore.Simulation.World;

/// <summary>
/// Time and chance of a run: a queue of (time, sequence, action) that one thread works off. Everything that would be concurrent
/// in production is an action here, and its order comes from the seed.
/// </summary>
public sealed class SimulatedWorld
{
    private readonly PriorityQueue<Action, (long Time, long Sequence)> _queue = new();
    private long _sequence;

    public SimulatedWorld(ulong seed, TextWriter? lines = null)
    {
        Seed = seed;
        Chance = new Prng(seed);
        Transcript = new Transcript(lines);
    }

    public ulong Seed { get; }

    /// <summary>The generator everybody in the world draws from or forks.</summary>
    public Prng Chance { get; }

    public Transcript Transcript { get; }

    /// <summary>True time; members see it through clocks of their own.</summary>
    public Instant Now { get; private set; }

    /// <summary>Broken invariants and failed checks. The first one ends the run.</summary>
    public string? Failure { get; private set; }

    public void Fail(string what)
    {
        Failure ??= what;
        Note("FAILURE " + what);
    }

    /// <summary>How often rare paths were taken. A set of seeds that never takes one tests it not at all, and has to say so.</summary>
    public SortedDictionary<string, long> Reached { get; } = new(StringComparer.Ordinal);

    public void Sometimes(string path) => Reached[path] = Reached.GetValueOrDefault(path) + 1;

    public void Note(string what) => Transcript.Note(Now, what);

    public void After(TimeSpan delay, Action act) => _queue.Enqueue(act, ((Now + delay).Ticks, _sequence++));

    /// <summary>Works until a moment, an empty queue or a failure.</summary>
    public void RunUntil(Instant end)
    {
        while (Failure is null && _queue.TryPeek(out _, out var key) && key.Time <= end.Ticks)
            Next();
        if (Now < end)
            Now = end;
    }

    /// <summary>Works until a condition holds; false when it did not within the given time.</summary>
    public bool RunUntil(Func<bool> condition, TimeSpan limit)
    {
        var end = Now + limit;
        while (Failure is null && !condition())
        {
            if (!_queue.TryPeek(out _, out var key) || key.Time > end.Ticks)
                return false;
            Next();
        }

        return Failure is null;
    }

    public TimeSpan Between(TimeSpan min, TimeSpan max) => TimeSpan.FromTicks(Chance.Between(min.Ticks, max.Ticks));

    private void Next()
    {
        _queue.TryDequeue(out var act, out var key);
        Now = new Instant(key.Time);
        act!();
    }
}
