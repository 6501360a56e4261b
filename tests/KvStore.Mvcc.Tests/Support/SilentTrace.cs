using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Mvcc.Tests.Support;

internal sealed class SilentTrace : ITraceSink
{
    public List<TraceEvent> Events { get; } = [];

    public void Emit(in TraceEvent traceEvent) => Events.Add(traceEvent);
}
