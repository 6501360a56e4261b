using Google.Protobuf;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Protocol.Snapshots;
using KvStore.StateMachine;
using KvStore.Wal;

namespace KvStore.Node.Bootstrap;

/// <summary>
/// A quorum is lost for good, and one member that is left begins again alone (--force-new-cluster): it applies all that its log has, and
/// removes all others from its cluster (C4).
/// </summary>
/// <remarks>
/// Also entries that it does not know to be committed: some of them may have been acknowledged, and of the others nobody was ever
/// told what became of them (R16). etcd drops them, and with them what was acknowledged just before.
/// </remarks>
internal static class ForcedCluster
{
    /// <summary>Brings the store to the end of the log and then to a cluster of this member; durable when it returns.</summary>
    public static void Begin(WalRecovery recovered, Applier applier, IOrderedStore store, NodeOptions options)
    {
        ApplyAll(recovered, applier, options);
        var change = Change(recovered.Identity.Member, applier.Cluster.Members);
        if (change.Steps.Count == 0 && !applier.Cluster.Members.IsJoint)
            return;
        // A term of its own: the log ends before it, and begins again behind it.
        var entry = new LogEntry(
            new Term(Math.Max(recovered.HardState.Term.Value, applier.State.Term.Value) + 1), applier.State.Index.Next, LogEntryKind.Membership, change.ToByteArray());
        var reply = applier.Apply(entry, default);
        Check.That(reply.Error is null, "all others can be removed from a cluster");
        applier.Commit();
        // Before the log is told that it begins here (N-1).
        store.Flush();
    }

    private static void ApplyAll(WalRecovery recovered, Applier applier, NodeOptions options)
    {
        foreach (var entry in recovered.Entries)
        {
            if (entry.Index <= applier.State.Index)
                continue;
            applier.Apply(entry, default);
            if (applier.BatchBytes >= options.ApplyBatchBytesMax)
                applier.Commit();
        }

        if (applier.State != applier.Committed)
            applier.Commit();
    }

    private static MembershipCommand Change(MemberId self, MemberTable members)
    {
        if (!members.TryGet(self, out var own))
            throw new StorageException(StorageFailure.Corrupt, $"member {self} was removed from its cluster: it cannot begin it again");
        var change = new MembershipCommand { Forced = true };
        if (own.IsLearner)
            change.Steps.Add(new MembershipStep { Kind = MembershipStep.Types.Kind.Promote, Member = own.ToRecord() });
        foreach (var member in members.Members)
        {
            if (member.Id != self)
                change.Steps.Add(new MembershipStep { Kind = MembershipStep.Types.Kind.Remove, Member = member.ToRecord() });
        }

        return change;
    }
}
