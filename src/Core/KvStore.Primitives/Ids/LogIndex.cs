namespace KvStore.Primitives;

/// <summary>The position of an entry in the raft log; the first entry has index 1, zero means "before the log".</summary>
public readonly record struct LogIndex(ulong Value) : IComparable<LogIndex>
{
    public static readonly LogIndex Zero;

    public LogIndex Next => new(Value + 1);

    /// <summary>The index before this one. Asking for the one before zero breaks an invariant.</summary>
    public LogIndex Previous
    {
        get
        {
            Check.That(Value > 0, "there is no index before zero");
            return new LogIndex(Value - 1);
        }
    }

    public int CompareTo(LogIndex other) => Value.CompareTo(other.Value);

    public static LogIndex Min(LogIndex left, LogIndex right) => left.Value < right.Value ? left : right;
    public static LogIndex Max(LogIndex left, LogIndex right) => left.Value > right.Value ? left : right;

    public static LogIndex operator +(LogIndex index, ulong count) => new(index.Value + count);

    /// <summary>How many indexes lie between; the right side must not be greater.</summary>
    public static ulong operator -(LogIndex left, LogIndex right)
    {
        Check.That(left.Value >= right.Value, "a distance between log indexes is never negative");
        return left.Value - right.Value;
    }

    public static bool operator <(LogIndex left, LogIndex right) => left.Value < right.Value;
    public static bool operator >(LogIndex left, LogIndex right) => left.Value > right.Value;
    public static bool operator <=(LogIndex left, LogIndex right) => left.Value <= right.Value;
    public static bool operator >=(LogIndex left, LogIndex right) => left.Value >= right.Value;

    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
