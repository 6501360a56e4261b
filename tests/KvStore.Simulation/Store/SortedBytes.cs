using KvStore.Primitives;

namespace KvStore.Simulation.Store;

/// <summary>
/// An immutable sorted map of bytes: a treap whose priorities are hashes of the keys, so that its shape depends on its content
/// alone and a run is the same every time. Keeping an old root keeps an old picture.
/// </summary>
internal sealed class SortedBytes
{
    private readonly uint _priority;
    private readonly SortedBytes? _left;
    private readonly SortedBytes? _right;

    private SortedBytes(byte[] key, byte[] value, uint priority, SortedBytes? left, SortedBytes? right)
    {
        Key = key;
        Value = value;
        _priority = priority;
        _left = left;
        _right = right;
        Bytes = key.Length + value.Length + BytesOf(left) + BytesOf(right);
    }

    public byte[] Key { get; }

    public byte[] Value { get; }

    /// <summary>Keys and values of the whole subtree.</summary>
    public long Bytes { get; }

    public static long BytesOf(SortedBytes? root) => root?.Bytes ?? 0;

    public static byte[]? Find(SortedBytes? root, ReadOnlySpan<byte> key)
    {
        while (root is not null)
        {
            var order = key.SequenceCompareTo(root.Key);
            if (order == 0)
                return root.Value;
            root = order < 0 ? root._left : root._right;
        }

        return null;
    }

    public static SortedBytes Put(SortedBytes? root, byte[] key, byte[] value)
    {
        var (below, rest) = Split(root, key);
        var above = RemoveFirst(rest, key);
        return Join(Join(below, new SortedBytes(key, value, Crc32C.Of(key), null, null)), above)!;
    }

    public static SortedBytes? Delete(SortedBytes? root, ReadOnlySpan<byte> key)
    {
        var (below, rest) = Split(root, key);
        return Join(below, RemoveFirst(rest, key));
    }

    /// <summary>Pushes the way to the first pair at or above a key; <see cref="Pop"/> then walks in ascending order.</summary>
    public static void Seek(SortedBytes? root, ReadOnlySpan<byte> fromInclusive, Stack<SortedBytes> path)
    {
        while (root is not null)
        {
            if (root.Key.AsSpan().SequenceCompareTo(fromInclusive) >= 0)
            {
                path.Push(root);
                root = root._left;
            }
            else
            {
                root = root._right;
            }
        }
    }

    public static SortedBytes Pop(Stack<SortedBytes> path)
    {
        var next = path.Pop();
        for (var node = next._right; node is not null; node = node._left)
            path.Push(node);
        return next;
    }

    /// <summary>Keys below, and keys at or above.</summary>
    private static (SortedBytes? Below, SortedBytes? AtOrAbove) Split(SortedBytes? root, ReadOnlySpan<byte> at)
    {
        if (root is null)
            return (null, null);
        if (root.Key.AsSpan().SequenceCompareTo(at) < 0)
        {
            var (below, rest) = Split(root._right, at);
            return (root.With(root._left, below), rest);
        }
        else
        {
            var (below, rest) = Split(root._left, at);
            return (below, root.With(rest, root._right));
        }
    }

    private static SortedBytes? RemoveFirst(SortedBytes? root, ReadOnlySpan<byte> key)
    {
        if (root is null)
            return null;
        if (root._left is not null)
        {
            var left = RemoveFirst(root._left, key);
            return ReferenceEquals(left, root._left) ? root : root.With(left, root._right);
        }

        return root.Key.AsSpan().SequenceEqual(key) ? root._right : root;
    }

    private static SortedBytes? Join(SortedBytes? below, SortedBytes? above)
    {
        if (below is null)
            return above;
        if (above is null)
            return below;
        return below._priority >= above._priority
            ? below.With(below._left, Join(below._right, above))
            : above.With(Join(below, above._left), above._right);
    }

    private SortedBytes With(SortedBytes? left, SortedBytes? right) =>
        new(Key, Value, _priority, left, right);
}
