using System.Numerics;

namespace KvStore.Mvcc.Index;

/// <summary>A leaf of the tree: keys and their newest versions. Never changed once a version that holds it is published.</summary>
internal struct Leaf
{
    public Slots Slots;

    /// <summary>The batch that made this copy; only that batch may change it in place.</summary>
    public long Batch;

    /// <summary>No key of this leaf came into being or ceased to be after this main revision.</summary>
    public long LivenessChanged;

    /// <summary>One bit for each slot: its newest version is not a tombstone.</summary>
    public uint Live;

    public readonly int LiveCount => BitOperations.PopCount(Live);

    public readonly bool IsLive(int slot) => (Live >> slot & 1) != 0;

    public readonly int LiveBetween(int from, int to) =>
        to <= from ? 0 : BitOperations.PopCount((uint)(((1UL << to) - 1) & ~((1UL << from) - 1)) & Live);

    public void SetLive(int slot, bool live) => Live = live ? Live | (1u << slot) : Live & ~(1u << slot);

    public void OpenLive(int slot) => Live = (Live & ((1u << slot) - 1)) | (uint)((ulong)(Live & ~((1u << slot) - 1)) << 1);

    public void CloseLive(int slot) => Live = (Live & ((1u << slot) - 1)) | (uint)(((ulong)Live >> (slot + 1)) << slot);
}
