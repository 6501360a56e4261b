namespace KvStore.StateMachine;

/// <summary>Keys in the order of the store: unsigned bytes, a prefix before what it begins.</summary>
internal sealed class ByteOrder : IComparer<byte[]>
{
    public static readonly ByteOrder Instance = new();

    public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
}
