using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using KvStore.Primitives;

namespace KvStore.Mvcc.Index;

/// <summary>
/// The part that leaves and inner nodes share: up to <see cref="Capacity"/> sorted keys, each with a target (the newest version of
/// the key, or a child). In an inner node slot 0 has no key: its child holds everything below the key of slot 1.
/// </summary>
/// <remarks>
/// All keys of a node begin with the same <see cref="Skip"/> bytes, and the eight bytes that follow are kept here as a number, so that
/// a search compares numbers and looks at the keys themselves only to confirm. The node's own data, 16 bytes a slot.
/// </remarks>
internal struct Slots
{
    /// <summary>Found by measuring: 16 makes the tree deeper, 64 makes every copied node twice as large for the same reads.</summary>
    public const int Capacity = 32;

    public UInt64Slots Prefixes;
    public UInt32Slots Keys;
    public UInt32Slots Targets;
    public int Skip;
    public short Count;

    /// <summary>The first slot with a key: 0 in a leaf, 1 in an inner node.</summary>
    public short First;

    public readonly bool IsFull => Count == Capacity;

    /// <summary>The first slot whose key is not below <paramref name="key"/>, or the count.</summary>
    public readonly int LowerBound(ReadOnlySpan<byte> key, KeyBytes bytes, out bool found)
    {
        found = false;
        int low = First;
        int high = Count;
        if (low >= high)
            return low;
        if (Skip > 0)
        {
            var order = key[..Math.Min(key.Length, Skip)].SequenceCompareTo(bytes[Keys[low]][..Skip]);
            if (order != 0)
                return order < 0 ? low : high;
        }

        ReadOnlySpan<ulong> prefixes = Prefixes;
        var prefix = PrefixOf(key, Skip);
        while (low < high)
        {
            var middle = (low + high) >> 1;
            if (prefixes[middle] < prefix)
                low = middle + 1;
            else
                high = middle;
        }

        high = low;
        while (high < Count && prefixes[high] == prefix)
            high++;
        while (low < high)
        {
            var middle = (low + high) >> 1;
            var order = bytes[Keys[middle]].SequenceCompareTo(key);
            if (order == 0)
            {
                found = true;
                return middle;
            }

            if (order < 0)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    /// <summary>Of an inner node: the slot of the child that holds the key.</summary>
    public readonly int ChildSlot(ReadOnlySpan<byte> key, KeyBytes bytes)
    {
        var slot = LowerBound(key, bytes, out var found);
        return found ? slot : slot - 1;
    }

    public void Insert(int slot, uint keyReference, uint target, KeyBytes bytes)
    {
        Check.That(Count < Capacity && slot >= First && slot <= Count, "a slot is inserted where there is room");
        OpenGap<ulong>(Prefixes, slot);
        OpenGap<uint>(Keys, slot);
        OpenGap<uint>(Targets, slot);
        Count++;
        Keys[slot] = keyReference;
        Targets[slot] = target;
        var key = bytes[keyReference];
        if (slot == First || slot == Count - 1)
        {
            var skip = SharedLength(bytes);
            if (Count - First == 1 || skip < Skip)
            {
                SetPrefixes(skip, bytes);
                return;
            }
        }

        Prefixes[slot] = PrefixOf(key, Skip);
    }

    /// <summary>Takes a slot out; in an inner node that may be slot 0, and then the next one loses its key.</summary>
    public void Remove(int slot)
    {
        CloseGap<ulong>(Prefixes, slot);
        CloseGap<uint>(Keys, slot);
        CloseGap<uint>(Targets, slot);
        Count--;
        if (First == 1 && Count > 0)
            Keys[0] = 0;
    }

    /// <summary>Appends the slots from <paramref name="from"/> on to another node; whoever does so refreshes that node.</summary>
    public readonly void CopyTail(int from, ref Slots destination)
    {
        var copied = Count - from;
        Check.That(destination.Count + copied <= Capacity, "copied slots fit");
        ((ReadOnlySpan<uint>)Keys).Slice(from, copied).CopyTo(((Span<uint>)destination.Keys)[destination.Count..]);
        ((ReadOnlySpan<uint>)Targets).Slice(from, copied).CopyTo(((Span<uint>)destination.Targets)[destination.Count..]);
        destination.Count += (short)copied;
    }

    /// <summary>Recomputes what the keys share and their numbers.</summary>
    public void Refresh(KeyBytes bytes) => SetPrefixes(SharedLength(bytes), bytes);

    public static ulong PrefixOf(ReadOnlySpan<byte> key, int skip)
    {
        if (key.Length - skip >= sizeof(ulong))
            return BinaryPrimitives.ReadUInt64BigEndian(key[skip..]);
        ulong prefix = 0;
        var shift = 56;
        for (var i = skip; i < key.Length; i++, shift -= 8)
            prefix |= (ulong)key[i] << shift;
        return prefix;
    }

    private readonly int SharedLength(KeyBytes bytes)
    {
        if (Count <= First)
            return 0;
        var first = bytes[Keys[First]];
        return Count - First == 1 ? first.Length : first.CommonPrefixLength(bytes[Keys[Count - 1]]);
    }

    private void SetPrefixes(int skip, KeyBytes bytes)
    {
        Skip = skip;
        for (int slot = First; slot < Count; slot++)
            Prefixes[slot] = PrefixOf(bytes[Keys[slot]], skip);
    }

    private readonly void OpenGap<T>(Span<T> slots, int slot) => slots[slot..Count].CopyTo(slots[(slot + 1)..]);

    private readonly void CloseGap<T>(Span<T> slots, int slot) => slots[(slot + 1)..Count].CopyTo(slots[slot..]);

    [InlineArray(Capacity)]
    public struct UInt64Slots
    {
        private ulong _first;
    }

    [InlineArray(Capacity)]
    public struct UInt32Slots
    {
        private uint _first;
    }
}
