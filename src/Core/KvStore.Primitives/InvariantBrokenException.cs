namespace KvStore.Primitives;

/// <summary>The state of the process contradicts its own rules. Nobody catches this to go on: the process stops.</summary>
public sealed class InvariantBrokenException : Exception
{
    public InvariantBrokenException()
    {
    }

    public InvariantBrokenException(string invariant)
        : base("invariant broken: " + invariant)
    {
    }

    public InvariantBrokenException(string invariant, Exception inner)
        : base("invariant broken: " + invariant, inner)
    {
    }
}
