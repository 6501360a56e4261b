namespace KvStore.Mvcc.Index;

/// <summary>The memory of the index: nodes, versions and key bytes, shared by all published trees.</summary>
internal sealed class IndexSlabs
{
    // Chunks of about half a megabyte: large enough that a million keys are some two hundred arrays, small enough that making
    // one is no pause.
    public readonly Slab<Leaf> Leaves = new(chunkBits: 9);
    public readonly Slab<Inner> Inners = new(chunkBits: 8);
    public readonly Slab<VersionRecord> Records = new(chunkBits: 13);
    public readonly KeyBytes Keys = new();
}
