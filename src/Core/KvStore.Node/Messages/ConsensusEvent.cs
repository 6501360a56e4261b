using KvStore.Primitives;
using KvStore.Raft;

namespace KvStore.Node.Messages;

/// <summary>What happens too seldom to be a value on the Consensus lane.</summary>
internal abstract record ConsensusEvent
{
    /// <summary>A client asks for a change of the membership.</summary>
    public sealed record ChangeMembership(RequestId Request, MembershipRequest Change) : ConsensusEvent;

    /// <summary>A client asks for another leader.</summary>
    public sealed record TransferLeadership(RequestId Request, MemberId Target) : ConsensusEvent;

    /// <summary>The process ends: hand leadership over, then complete the request.</summary>
    public sealed record Stop(RequestId Request) : ConsensusEvent;

    /// <summary>
    /// An entry of kind Membership was applied. Change is null when the state machine refused it; Membership is what its table says now.
    /// </summary>
    public sealed record MembershipApplied(MembershipChange? Change, Membership Membership, MemberDirectory Directory) : ConsensusEvent;

    /// <summary>The table changed otherwise: a member published its attributes, the cluster its version.</summary>
    public sealed record DirectoryChanged(MemberDirectory Directory) : ConsensusEvent;

    /// <summary>A whole snapshot was received into a store.</summary>
    public sealed record SnapshotArrived(SnapshotMark Mark, MemberId From, Term Term, string Path) : ConsensusEvent;

    /// <summary>The store was replaced by the snapshot.</summary>
    public sealed record SnapshotInstalled(SnapshotMark Mark, MemberDirectory Directory) : ConsensusEvent;

    /// <summary>The Background lane is done with a member that needed a snapshot.</summary>
    public sealed record SnapshotSendFinished(MemberId To, LogIndex Index, bool Delivered) : ConsensusEvent;

    /// <summary>Everything up to the index is in the store and on disk.</summary>
    public sealed record StoreFlushed(LogIndex Index) : ConsensusEvent;

    /// <summary>A peer says that this member was removed.</summary>
    public sealed record ToldRemoved(MemberId By) : ConsensusEvent;
}
