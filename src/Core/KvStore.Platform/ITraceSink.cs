using KvStore.Primitives;

namespace KvStore.Platform;

/// <summary>Where Core's events go: logs and metrics in production, the transcript in simulation. Any thread; must not block or throw.</summary>
public interface ITraceSink
{
    void Emit(in TraceEvent traceEvent);
}
