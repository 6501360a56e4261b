using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.StateMachine.Tests.Support;

internal sealed class SilentTrace : ITraceSink
{
    public static readonly SilentTrace Instance = new();

    public void Emit(in TraceEvent traceEvent)
    {
    }
}
