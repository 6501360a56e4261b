using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Ctl.Offline;

/// <summary>Offline commands say themselves what they did.</summary>
internal sealed class NoTrace : ITraceSink
{
    public void Emit(in TraceEvent traceEvent)
    {
    }
}
