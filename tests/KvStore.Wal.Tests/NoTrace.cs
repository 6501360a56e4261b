using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Wal.Tests;

internal sealed class NoTrace : ITraceSink
{
    public static readonly NoTrace Instance = new();

    public void Emit(in TraceEvent traceEvent)
    {
    }
}
