using System.Threading;
using KvStore.Primitives;

namespace KvStore.Mvcc.Index;

/// <summary>
/// Structs in large chunks, addressed by number: the collector sees a few arrays without references and never looks inside.
/// Number 0 is nobody. A struct never moves, so a reference to it stays valid while it is in use.
/// </summary>
/// <remarks>
/// One thread takes and frees (the Apply lane). Any thread may read what it reached through a published version: the table of
/// chunks only grows, and is replaced before the first number in a new chunk is published.
/// </remarks>
internal sealed class Slab<T>
    where T : struct
{
    private readonly int _chunkBits;
    private readonly int _chunkMask;
    private T[][] _chunks = [];
    private int _chunkCount;
    private uint[] _free = new uint[64];
    private int _freeCount;
    private uint _next = 1;

    public Slab(int chunkBits)
    {
        _chunkBits = chunkBits;
        _chunkMask = (1 << chunkBits) - 1;
    }

    /// <summary>How many are in use; tests ask that it returns to its baseline.</summary>
    public int Used { get; private set; }

    public int Capacity => _chunkCount << _chunkBits;

    public ref T this[uint number] => ref _chunks[number >> _chunkBits][number & _chunkMask];

    /// <summary>A number whose struct holds whatever it held before.</summary>
    public uint Take()
    {
        Used++;
        if (_freeCount > 0)
            return _free[--_freeCount];
        var number = _next++;
        if (number >> _chunkBits >= _chunkCount)
            Grow();
        return number;
    }

    public void Free(uint number)
    {
        Check.That(number != 0 && number < _next, "only what was taken is freed");
        Used--;
        if (_freeCount == _free.Length)
            Array.Resize(ref _free, _free.Length * 2);
        _free[_freeCount++] = number;
    }

    private void Grow()
    {
        if (_chunkCount == _chunks.Length)
        {
            var chunks = new T[Math.Max(8, _chunks.Length * 2)][];
            _chunks.CopyTo(chunks, 0);
            Volatile.Write(ref _chunks, chunks);
        }

        _chunks[_chunkCount] = new T[1 << _chunkBits];
        _chunkCount++;
    }
}
