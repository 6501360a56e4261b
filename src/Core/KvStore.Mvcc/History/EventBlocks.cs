namespace KvStore.Mvcc;

/// <summary>
/// Memory of encoded events: parts of blocks that are never reused, so that whoever holds an event keeps its block, and nobody
/// has to give anything back.
/// </summary>
internal sealed class EventBlocks
{
    private readonly int _blockBytes;
    private byte[] _block = [];
    private int _used;

    public EventBlocks(int blockBytes) => _blockBytes = blockBytes;

    public Memory<byte> Take(int length)
    {
        // A large event gets an array of its own and does not end the block.
        if (length > _blockBytes / 4)
            return new byte[length];
        if (_block.Length - _used < length)
        {
            _block = GC.AllocateUninitializedArray<byte>(_blockBytes);
            _used = 0;
        }

        var taken = _block.AsMemory(_used, length);
        _used += length;
        return taken;
    }
}
