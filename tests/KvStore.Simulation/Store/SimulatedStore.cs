using System.Buffers;
using KvStore.Platform;

namespace KvStore.Simulation.Store;

/// <summary>A sorted map with a flush line. Reads from any thread see the last written picture; a crash of its provider ends it.</summary>
public sealed class SimulatedStore : IOrderedStore
{
    private readonly SimulatedStoreProvider _provider;
    private readonly SimulatedStoreFiles _files;
    private SortedBytes? _current;
    private bool _ended;

    internal SimulatedStore(SimulatedStoreProvider provider, SimulatedStoreFiles files)
    {
        _provider = provider;
        _files = files;
        _current = files.Newest;
    }

    public StoreSizes Sizes
    {
        get
        {
            var bytes = SortedBytes.BytesOf(Current());
            return new StoreSizes(bytes, bytes);
        }
    }

    public void Write(StoreBatch batch)
    {
        var next = Current();
        _provider.Before(StoreCall.Write);
        for (var records = batch.Read(); records.MoveNext();)
        {
            next = records.Operation == StoreBatch.Operation.Put
                ? SortedBytes.Put(next, records.Key.ToArray(), records.Value.ToArray())
                : SortedBytes.Delete(next, records.Key);
        }

        _files.Append(next, _provider.Options.UnflushedBatchesMax);
        Volatile.Write(ref _current, next);
    }

    public bool TryGet(ReadOnlySpan<byte> key, IBufferWriter<byte> destination)
    {
        if (SortedBytes.Find(Current(), key) is not { } value)
            return false;
        destination.Write(value);
        return true;
    }

    public IStoreScan Scan(ReadOnlySpan<byte> fromInclusive, ReadOnlySpan<byte> toExclusive) =>
        new SimulatedScan(Current(), fromInclusive, toExclusive);

    public void Flush()
    {
        _ = Current();
        _provider.Before(StoreCall.Flush);
        _files.MakeDurable();
        _provider.Before(StoreCall.FlushReturning);
    }

    public void Checkpoint(string directory)
    {
        var picture = Current();
        _provider.Before(StoreCall.Checkpoint);
        _provider.AddCheckpoint(directory, picture);
    }

    /// <summary>Closes the store. What was at risk stays at risk: the door promises durability by <see cref="Flush"/> alone.</summary>
    public void Dispose()
    {
        if (_ended)
            return;
        End();
        _files.OpenedBy = null;
    }

    /// <summary>The process that had the store open is gone; whoever still holds this object must not reach the files.</summary>
    internal void End() => _ended = true;

    private SortedBytes? Current()
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        return Volatile.Read(ref _current);
    }
}
