using System.Collections.Concurrent;
using KvStore.Primitives;

namespace KvStore.Api.Calls;

/// <summary>Buffers for response bodies, reused; a very large one is left to the collector.</summary>
internal sealed class ByteWriterPool
{
    /// <summary>What one kept buffer may hold: a page of a usual list.</summary>
    private const int KeptBytesMax = 1 << 20;

    /// <summary>As many as calls are likely to be answered at the same moment.</summary>
    private const int KeptMax = 64;

    private readonly ConcurrentBag<ByteWriter> _spare = [];

    public ByteWriter Rent() => _spare.TryTake(out var writer) ? writer : new ByteWriter(4096);

    public void Return(ByteWriter writer)
    {
        if (writer.Capacity > KeptBytesMax || _spare.Count >= KeptMax)
            return;
        writer.Clear();
        _spare.Add(writer);
    }
}
