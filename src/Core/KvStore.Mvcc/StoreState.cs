using KvStore.Mvcc.Index;
using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Mvcc;

/// <summary>What the writer and the sweep share. Apply lane only, but for the published versions.</summary>
internal sealed class StoreState
{
    public StoreState(IOrderedStore store, IndexSlabs slabs, LoadedStore loaded)
    {
        Store = store;
        Slabs = slabs;
        Current = loaded.Current;
        Scheduled = loaded.Scheduled;
        Finished = loaded.Finished;
        LiveBytes = loaded.LiveBytes;
        RetainedBytes = loaded.RetainedBytes;
        Superseded = loaded.Superseded;
        Versions = new IndexVersions(slabs, loaded.Root, Current, Scheduled);
        Tree = new IndexTree(slabs, Retired, loaded.Root, batch: 1);
    }

    public IOrderedStore Store { get; }

    public IndexSlabs Slabs { get; }

    public IndexVersions Versions { get; }

    public IndexTree Tree { get; }

    public RetiredList Retired { get; } = new();

    public SupersededQueue Superseded { get; }

    /// <summary>The revision of the last transaction that changed something.</summary>
    public Revision Current { get; set; }

    /// <summary>The compact revision: reads below are refused.</summary>
    public Revision Scheduled { get; set; }

    /// <summary>The compact revision whose sweep is done.</summary>
    public Revision Finished { get; set; }

    public long LiveBytes { get; set; }

    public long RetainedBytes { get; set; }

    /// <summary>Makes the working tree the published one.</summary>
    public void Publish()
    {
        Versions.Publish(Tree.Batch, Tree.Root, Current, Scheduled, Retired);
        Tree.BeginBatch(Tree.Batch + 1);
    }
}
