using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Simulation.World;

/// <summary>Events of Core become lines of the transcript.</summary>
public sealed class WorldTrace(SimulatedWorld world, MemberId member) : ITraceSink
{
    public void Emit(in TraceEvent traceEvent)
    {
        world.Sometimes(traceEvent.Kind.ToString());
        world.Note($"member {member} {traceEvent.Kind} {traceEvent.A} {traceEvent.B} {traceEvent.C} {traceEvent.Detail}");
    }
}
