using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Raft;
using KvStore.StateMachine;

namespace KvStore.Node.Messages;

/// <summary>A message to the Apply lane.</summary>
internal abstract record ApplyMessage
{
    /// <summary>Committed entries, in order, without a gap after the ones before.</summary>
    public sealed record Entries(LogEntry[] Committed) : ApplyMessage;

    public sealed record Tick(Instant Now) : ApplyMessage;

    /// <summary>This member leads in the term, or does not (any more).</summary>
    public sealed record Leadership(Term Term, bool Leads) : ApplyMessage;

    /// <summary>A confirmed call on a lease (see <see cref="LeaseCall"/>).</summary>
    public sealed record Lease(LeaseCall Call, Term Term) : ApplyMessage;

    /// <summary>A client wants the ids of all leases of this member.</summary>
    public sealed record ListLeases(RequestId Request, Caller Caller) : ApplyMessage;

    /// <summary>The store of a snapshot is the member's from now on: go on from it.</summary>
    public sealed record InstallSnapshot(SnapshotMark Mark, string Path, IOrderedStore Store) : ApplyMessage;

    /// <summary>The lane to itself: go on with the compaction sweep, after what waits.</summary>
    public sealed record Sweep : ApplyMessage
    {
        public static readonly Sweep Next = new();
    }
}
