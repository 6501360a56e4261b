using Google.Protobuf;
using KvStore.Node.Stores;
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
/// told what became of them (R16). etcd drops them, and with them what was acknowledged just before. Not so changes of the membership:
/// this member decides alone who belongs to its cluster, and one of them might be its own removal. Where it voted alone all its entries are committed.
/// </remarks>
internal static class ForcedCluster
{
    /// <summary>Brings the store to the end of the log and then to a cluster of this member; durable when it returns.</summary>
    public static void Begin(WalRecovery recovered, Applier applier, IOrderedStore store, StoreCatalog catalog, NodeOptions options)
    {
        var passedOver = ApplyAll(recovered, applier, options);
        var change = Change(recovered.Identity.Member, applier.Cluster.Members);
        var isChanged = change.Steps.Count > 0 || applier.Cluster.Members.IsJoint;
        if (!isChanged && !passedOver)
            return;
        // A term of its own: the log ends before it, and begins again behind it. Whoever joins gets the store, and never an entry that was passed over.
        var entry = new LogEntry(
            new Term(Math.Max(recovered.HardState.Term.Value, applier.State.Term.Value) + 1),
            applier.State.Index.Next,
            isChanged ? LogEntryKind.Membership : LogEntryKind.Empty,
            isChanged ? change.ToByteArray() : default);
        catalog.BeginLog(entry.Index, entry.Term);
        var reply = applier.Apply(entry, default);
        Check.That(reply.Error is null, "all others can be removed from a cluster");
        applier.Commit();
        // Before the log is told that it begins here (N-1).
        store.Flush();
    }

    /// <returns>Whether changes of the membership are in the log that nobody committed: they do nothing.</returns>
    private static bool ApplyAll(WalRecovery recovered, Applier applier, NodeOptions options)
    {
        var passedOver = false;
        foreach (var entry in recovered.Entries)
        {
            var isPassedOver = entry.Kind == LogEntryKind.Membership && entry.Index > recovered.HardState.Commit;
            passedOver |= isPassedOver;
            if (entry.Index <= applier.State.Index)
                continue;
            isPassedOver &= !VotesAlone(recovered.Identity.Member, applier.Cluster.Members);
            applier.Apply(isPassedOver ? new LogEntry(entry.Term, entry.Index, LogEntryKind.Empty, default) : entry, default);
            if (applier.BatchBytes >= options.ApplyBatchBytesMax)
                applier.Commit();
        }

        if (applier.State != applier.Committed)
            applier.Commit();
        return passedOver;
    }

    private static bool VotesAlone(MemberId self, MemberTable members)
    {
        foreach (var member in members.Members)
        {
            if (member.IsLearner == (member.Id == self))
                return false;
        }

        return !members.IsJoint;
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
