namespace KvStore.Raft.Tests.Fuzz;

/// <summary>How much a run did: a run that does nothing finds nothing (C18).</summary>
internal sealed class FuzzCounts
{
    public long Delivered { get; set; }

    public long Dropped { get; set; }

    public long Duplicated { get; set; }

    public long Proposed { get; set; }

    public long Applied { get; set; }

    public long ReadsAsked { get; set; }

    public long ReadsAnswered { get; set; }

    public long MembershipChanges { get; set; }

    public long Transfers { get; set; }

    public long Restarts { get; set; }

    public long Compactions { get; set; }

    public long SnapshotsWanted { get; set; }

    public long SnapshotsInstalled { get; set; }

    public void Add(FuzzCounts other)
    {
        Delivered += other.Delivered;
        Dropped += other.Dropped;
        Duplicated += other.Duplicated;
        Proposed += other.Proposed;
        Applied += other.Applied;
        ReadsAsked += other.ReadsAsked;
        ReadsAnswered += other.ReadsAnswered;
        MembershipChanges += other.MembershipChanges;
        Transfers += other.Transfers;
        Restarts += other.Restarts;
        Compactions += other.Compactions;
        SnapshotsWanted += other.SnapshotsWanted;
        SnapshotsInstalled += other.SnapshotsInstalled;
    }

    public override string ToString() =>
        $"delivered={Delivered} dropped={Dropped} duplicated={Duplicated} proposed={Proposed} applied={Applied} reads={ReadsAnswered}/{ReadsAsked} "
        + $"changes={MembershipChanges} transfers={Transfers} restarts={Restarts} compactions={Compactions} snapshots={SnapshotsInstalled}/{SnapshotsWanted}";
}
