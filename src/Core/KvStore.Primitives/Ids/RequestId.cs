namespace KvStore.Primitives;

/// <summary>Joins a command or a read to the call that waits for it on this member. Zero means "nobody waits".</summary>
public readonly record struct RequestId(ulong Value)
{
    public static readonly RequestId None;

    public bool IsNone => Value == 0;

    public override string ToString() => Value.ToString("x", System.Globalization.CultureInfo.InvariantCulture);
}
