using System.Buffers;
using System.Diagnostics;
using KvStore.Platform;

namespace KvStore.Server.Metrics;

/// <summary>The stores of a provider with a stopwatch on every write and flush: Core has no clock, so the time is taken at the door.</summary>
internal sealed class MeasuredStoreProvider(IOrderedStoreProvider stores, Action<TimeSpan> onWritten, Action<TimeSpan> onFlushed) : IOrderedStoreProvider
{
    public IOrderedStore Open(string directory) => new Measured(stores.Open(directory), onWritten, onFlushed);

    public void Destroy(string directory) => stores.Destroy(directory);

    private sealed class Measured(IOrderedStore store, Action<TimeSpan> onWritten, Action<TimeSpan> onFlushed) : IOrderedStore
    {
        public StoreSizes Sizes => store.Sizes;

        public void Write(StoreBatch batch)
        {
            var started = Stopwatch.GetTimestamp();
            store.Write(batch);
            onWritten(Stopwatch.GetElapsedTime(started));
        }

        public bool TryGet(ReadOnlySpan<byte> key, IBufferWriter<byte> destination) => store.TryGet(key, destination);

        public IStoreScan Scan(ReadOnlySpan<byte> fromInclusive, ReadOnlySpan<byte> toExclusive) => store.Scan(fromInclusive, toExclusive);

        public IStoreScan ScanAhead(ReadOnlySpan<byte> fromInclusive, ReadOnlySpan<byte> toExclusive) => store.ScanAhead(fromInclusive, toExclusive);

        public void Flush()
        {
            var started = Stopwatch.GetTimestamp();
            store.Flush();
            onFlushed(Stopwatch.GetElapsedTime(started));
        }

        public void Checkpoint(string directory) => store.Checkpoint(directory);

        public void Dispose() => store.Dispose();
    }
}
