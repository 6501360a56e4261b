using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Simulation.Cluster;

/// <summary>A member's events: lines of the transcript, rare paths reached, and the moments at which the checkers look.</summary>
internal sealed class NodeTrace(NodeMember member, NodeRun run) : ITraceSink
{
    public void Emit(in TraceEvent traceEvent)
    {
        run.World.Sometimes(traceEvent.Kind.ToString());
        run.World.Note($"member {member.Id} {traceEvent.Kind} {traceEvent.A} {traceEvent.B} {traceEvent.C} {traceEvent.Detail}");
        switch (traceEvent.Kind)
        {
            case TraceKind.BecameLeader:
                run.States.OnLeader(member.Id, new Term(traceEvent.A));
                break;
            case TraceKind.LeaseExpired:
                run.Clients.Leases.OnExpired(new LeaseId((long)traceEvent.A));
                break;
            case TraceKind.MembershipChanged when traceEvent.C > 0:
                run.World.Sometimes("a member entered a joint membership");
                break;
            case TraceKind.Applied:
                member.OnApplied(new LogIndex(traceEvent.C));
                break;
        }
    }
}
