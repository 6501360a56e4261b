using System.Collections.Concurrent;
using KvStore.Primitives;

namespace KvStore.Api.Calls;

/// <summary>Buffers for response bodies, reused; a very large one gives its memory back to be shared.</summary>
internal sealed class ByteWriterPool
{
    /// <summary>As many as calls are likely to be answered at the same moment.</summary>
    private const int KeptMax = 64;

    private readonly ConcurrentBag<ByteWriter> _spare = [];

    public ByteWriter Rent() => _spare.TryTake(out var writer) ? writer : new ByteWriter(4096);

    public void Return(ByteWriter writer)
    {
        writer.Release();
        if (_spare.Count < KeptMax)
            _spare.Add(writer);
    }
}
