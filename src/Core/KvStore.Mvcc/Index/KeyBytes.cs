using System.Buffers.Binary;
using System.Threading;
using KvStore.Primitives;

namespace KvStore.Mvcc.Index;

/// <summary>
/// The bytes of keys in large arrays, addressed by a 32-bit reference, out of the collector's sight. Reference 0 is "no key".
/// Threads as in <see cref="Slab{T}"/>.
/// </summary>
/// <remarks>
/// A reference is chunk · 2^17 + offset / 8. A block is the length (4 bytes little-endian) and the key, rounded up to 8 bytes (to a
/// size class when larger than 512). Freed blocks are chained through their first bytes, one chain for each size, and are not
/// joined again: the sizes of keys of one installation change little, and a restart packs everything anew.
/// A key too large for a chunk to share gets an array of its own.
/// </remarks>
internal sealed class KeyBytes
{
    private const int UnitBits = 3;
    private const int UnitBytes = 1 << UnitBits;
    private const int ChunkUnitBits = 17;
    private const int ChunkUnits = 1 << ChunkUnitBits;
    private const int ChunkCountMax = 1 << (32 - ChunkUnitBits);
    private const int HeaderBytes = sizeof(int);
    private const int ExactUnitsMax = 64;

    /// <summary>A quarter of a chunk: more would waste the tails of chunks, less would need too many arrays for large keys.</summary>
    private const int SharedUnitsMax = ChunkUnits / 4;

    private static readonly int[] ClassUnits = MakeClasses();

    private readonly uint[] _free = new uint[ClassUnits.Length];
    private readonly Stack<uint> _freeChunks = new();
    private byte[][] _chunks = new byte[8][];
    private int _chunkCount;
    private uint _open;
    private int _openUnit = ChunkUnits;

    /// <summary>Bytes in use, rounding included; tests ask that it returns to its baseline.</summary>
    public long UsedBytes { get; private set; }

    public long CapacityBytes { get; private set; }

    public ReadOnlySpan<byte> this[uint reference]
    {
        get
        {
            var chunk = _chunks[reference >> ChunkUnitBits];
            var offset = (int)(reference & (ChunkUnits - 1)) << UnitBits;
            var length = BinaryPrimitives.ReadInt32LittleEndian(chunk.AsSpan(offset));
            return chunk.AsSpan(offset + HeaderBytes, length);
        }
    }

    public uint Add(ReadOnlySpan<byte> key)
    {
        var units = (HeaderBytes + key.Length + UnitBytes - 1) >> UnitBits;
        uint reference;
        if (units > SharedUnitsMax)
        {
            reference = AddChunk(units) << ChunkUnitBits;
            UsedBytes += (long)units << UnitBits;
        }
        else
        {
            var sizeClass = ClassOf(units);
            reference = TakeBlock(sizeClass);
            UsedBytes += (long)ClassUnits[sizeClass] << UnitBits;
        }

        var block = Block(reference);
        BinaryPrimitives.WriteInt32LittleEndian(block, key.Length);
        key.CopyTo(block[HeaderBytes..]);
        return reference;
    }

    public void Free(uint reference)
    {
        var units = (HeaderBytes + this[reference].Length + UnitBytes - 1) >> UnitBits;
        if (units > SharedUnitsMax)
        {
            var chunk = reference >> ChunkUnitBits;
            CapacityBytes -= _chunks[chunk].Length;
            _chunks[chunk] = [];
            _freeChunks.Push(chunk);
            UsedBytes -= (long)units << UnitBits;
            return;
        }

        var sizeClass = ClassOf(units);
        UsedBytes -= (long)ClassUnits[sizeClass] << UnitBits;
        PushBlock(sizeClass, reference);
    }

    private Span<byte> Block(uint reference) =>
        _chunks[reference >> ChunkUnitBits].AsSpan((int)(reference & (ChunkUnits - 1)) << UnitBits);

    private uint TakeBlock(int sizeClass)
    {
        var reference = _free[sizeClass];
        if (reference != 0)
        {
            _free[sizeClass] = BinaryPrimitives.ReadUInt32LittleEndian(Block(reference));
            return reference;
        }

        var units = ClassUnits[sizeClass];
        if (ChunkUnits - _openUnit < units)
            OpenChunk();
        reference = (_open << ChunkUnitBits) | (uint)_openUnit;
        _openUnit += units;
        return reference;
    }

    private void PushBlock(int sizeClass, uint reference)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(Block(reference), _free[sizeClass]);
        _free[sizeClass] = reference;
    }

    private void OpenChunk()
    {
        // The rest of the old chunk is cut into the largest blocks that fit, so that nothing is lost.
        while (_openUnit < ChunkUnits)
        {
            var sizeClass = LargestWithin(ChunkUnits - _openUnit);
            PushBlock(sizeClass, (_open << ChunkUnitBits) | (uint)_openUnit);
            _openUnit += ClassUnits[sizeClass];
        }

        _open = AddChunk(ChunkUnits);
        // Reference 0 must not be a key.
        _openUnit = _open == 0 ? 1 : 0;
    }

    private uint AddChunk(int units)
    {
        // A chunk of its own starts at unit 0, which in chunk 0 would be reference 0.
        if (_chunkCount == 0 && units != ChunkUnits)
            OpenChunk();
        if (!_freeChunks.TryPop(out var chunk))
        {
            Check.That(_chunkCount < ChunkCountMax, "the keys of one store fit into 32 GiB");
            chunk = (uint)_chunkCount++;
        }

        if (chunk >= _chunks.Length)
        {
            var chunks = new byte[_chunks.Length * 2][];
            _chunks.CopyTo(chunks, 0);
            Volatile.Write(ref _chunks, chunks);
        }

        _chunks[chunk] = GC.AllocateUninitializedArray<byte>(units << UnitBits);
        CapacityBytes += _chunks[chunk].Length;
        return chunk;
    }

    private static int ClassOf(int units)
    {
        if (units <= ExactUnitsMax)
            return units - 1;
        var found = Array.BinarySearch(ClassUnits, units);
        return found >= 0 ? found : ~found;
    }

    private static int LargestWithin(int units)
    {
        var sizeClass = ClassOf(Math.Min(units, SharedUnitsMax));
        return ClassUnits[sizeClass] <= units ? sizeClass : sizeClass - 1;
    }

    private static int[] MakeClasses()
    {
        var classes = new List<int>();
        for (var units = 1; units <= ExactUnitsMax; units++)
            classes.Add(units);
        while (classes[^1] < SharedUnitsMax)
            classes.Add(Math.Min(SharedUnitsMax, classes[^1] + (classes[^1] / 4)));
        return [.. classes];
    }
}
