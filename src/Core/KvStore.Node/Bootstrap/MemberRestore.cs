using KvStore.Mvcc;
using KvStore.Node.Stores;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Raft;
using KvStore.StateMachine;
using KvStore.Wal;

namespace KvStore.Node.Bootstrap;

/// <summary>What a member starts from.</summary>
/// <remarks>
/// <para>The store says which entry it is the result of; the log says what comes after. The store may be behind the log (entries
/// are applied again), ahead of the recorded commit index (it was flushed first, R11), or ahead of the whole log (a crash after
/// a snapshot was adopted and before the log was told): then the log begins at the store. The catalog says when that is so; at any other
/// time a store ahead of the log shows that the log was cut, since nothing is applied that is not on disk .</para>
/// <para>The store being behind the <i>start</i> of the log cannot be repaired either: what lies between is nowhere (N-1).</para>
/// </remarks>
internal sealed record MemberRestore
{
    public required WalIdentity Identity { get; init; }

    public required WriteAheadLog Log { get; init; }

    public required StoreCatalog Catalog { get; init; }

    public required OpenStore Store { get; init; }

    public required Applier Applier { get; init; }

    public required RaftState Raft { get; init; }

    public static MemberRestore Open(NodeDoors doors, NodeOptions options, BootstrapPlan plan, Func<OpenStore, Applier> makeApplier)
    {
        MakeDirectories(doors.Files, options);
        // The log first: it takes the lock that keeps a second process away from everything here (D12).
        var log = OpenLog(doors, options, plan, out var recovered);
        recovered = WithoutUnspokenEntries(recovered);
        IOrderedStore? ordered = null;
        try
        {
            var catalog = StoreCatalog.Open(doors.Files, doors.Stores, options.StoreDirectory);
            if (catalog.WasEmpty && !IsBlank(recovered))
                throw new StorageException(StorageFailure.NotFound, $"{options.StoreDirectory}: the log has entries, but the store is gone");
            ordered = doors.Stores.Open(catalog.Current);
            var store = new OpenStore(catalog.Current, ordered, MvccStore.Open(ordered, options.Mvcc, doors.Trace));
            var applier = makeApplier(store);
            recovered = OfStore(recovered, applier.State);
            if (IsBlank(recovered) && applier.State.Index == LogIndex.Zero && plan.IsFounder)
                recovered = FoundingLog.Write(log, recovered, plan.Members);
            else if (options.ForcesNewCluster)
                ForcedCluster.Begin(recovered, applier, ordered, catalog, options);
            var raft = Join(log, recovered, applier, catalog, options);
            catalog.LogHasBegun();
            return new MemberRestore
            {
                Identity = recovered.Identity,
                Log = log,
                Catalog = catalog,
                Store = store,
                Applier = applier,
                Raft = raft,
            };
        }
        catch
        {
            ordered?.Dispose();
            log.Dispose();
            throw;
        }
    }

    internal static void MakeDirectories(IFileSystem files, NodeOptions options)
    {
        files.CreateDirectory(options.MemberDirectory);
        files.CreateDirectory(options.WalDirectory);
        files.CreateDirectory(options.StoreDirectory);
        files.SyncDirectory(options.MemberDirectory);
        files.SyncDirectory(options.DataDirectory);
        // The log may lie elsewhere: its name must be as durable as what is written into it (D5).
        var slash = options.WalDirectory.LastIndexOf('/');
        if (slash > 0)
            files.SyncDirectory(options.WalDirectory[..slash]);
    }

    private static WriteAheadLog OpenLog(NodeDoors doors, NodeOptions options, BootstrapPlan plan, out WalRecovery recovered)
    {
        // An existing log knows whose it is; what the plan says is for a member that has none (contract 5.4).
        var isNew = !MemberData.HasLog(doors.Files, doors.Stores, options);
        var identity = isNew && !plan.IsRestart ? new WalIdentity(plan.Cluster, plan.Self) : null;
        return WriteAheadLog.Open(doors.Files, options.WalDirectory, options.Wal with { Identity = identity }, doors.Trace, out recovered);
    }

    /// <summary>
    /// Entries of the founding term and nothing committed: a torn first write, of a founding (which commits its entries in the same
    /// write) or of a first append. Nobody was told of them. Kept, they could make this member the only voter of a membership
    /// that never was. Every elected leader's term is higher.
    /// </summary>
    private static WalRecovery WithoutUnspokenEntries(WalRecovery recovered)
    {
        var isTorn = recovered.Start.Index == LogIndex.Zero
            && recovered.HardState.Term <= FoundingLog.Term
            && recovered.HardState.Commit == LogIndex.Zero;
        return isTorn ? recovered with { HardState = default, Entries = [] } : recovered;
    }

    private static bool IsBlank(WalRecovery recovered) =>
        recovered.Entries.Count == 0 && recovered.Start.Index == LogIndex.Zero && recovered.HardState == default;

    /// <summary>Without entries that do not follow what the store is the result of.</summary>
    private static WalRecovery OfStore(WalRecovery recovered, AppliedState store)
    {
        if (store.Index < recovered.Start.Index)
        {
            throw new StorageException(
                StorageFailure.Corrupt, $"the store is at entry {store.Index}, but the log begins after {recovered.Start.Index}: entries are lost");
        }

        return Reaches(recovered, store.Index, store.Term) ? recovered : recovered with { Entries = [] };
    }

    private static RaftState Join(WriteAheadLog log, WalRecovery recovered, Applier applier, StoreCatalog catalog, NodeOptions options)
    {
        var (applied, term) = (applier.State.Index, applier.State.Term);
        var membership = Directories.MembershipOf(applier.Cluster.Members);
        var state = recovered.HardState;
        if (Reaches(recovered, applied, term))
        {
            return new RaftState
            {
                HardState = state,
                Start = new SnapshotMark(recovered.Start.Index, recovered.Start.Term, membership),
                Entries = recovered.Entries,
                Applied = applied,
                Membership = membership,
            };
        }

        // Who forces a new cluster wants what is left.
        if (catalog.LogBegins != (applied, term) && !options.ForcesNewCluster)
        {
            throw new StorageException(
                StorageFailure.Corrupt,
                $"{options.WalDirectory}: the log ends at entry {log.LastIndex}, but the store under {options.StoreDirectory} holds data up to entry {applied}: "
                + "entries that were on this member's disk are lost; restore from a snapshot, or remove the member from the cluster and add it again with an empty data directory");
        }

        // A term in which this member never acknowledged anything: it cannot have voted in it.
        if (state.Term < term)
            state = new HardState(term, MemberId.None, applied);
        log.MarkSnapshot(applied, term, []);
        log.Append(state = state with { Commit = applied }, []);
        log.Sync();
        return new RaftState
        {
            HardState = state,
            Start = new SnapshotMark(applied, term, membership),
            Entries = [],
            Applied = applied,
            Membership = membership,
        };
    }

    /// <summary>Whether the log contains the entry that the store is the result of.</summary>
    private static bool Reaches(WalRecovery recovered, LogIndex applied, Term term)
    {
        if (applied == recovered.Start.Index)
            return applied == LogIndex.Zero || term == recovered.Start.Term;
        var offset = applied - recovered.Start.Index - 1;
        return offset < (ulong)recovered.Entries.Count && recovered.Entries[(int)offset].Term == term;
    }
}
