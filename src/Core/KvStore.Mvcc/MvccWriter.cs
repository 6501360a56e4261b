using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Mvcc;

/// <summary>
/// The one writer of the store; on the Apply lane only. Transactions are collected into one batch, which becomes durable in one
/// store write and visible in one publication (<see cref="Commit"/>). As a reader it sees its own uncommitted changes.
/// </summary>
public sealed class MvccWriter : MvccReader
{
    /// <summary>The revision of the last transaction, or of the running one once it has changed something.</summary>
    public override Revision Current => throw new InvariantBrokenException("not yet built");

    public override Revision Compacted => throw new InvariantBrokenException("not yet built");

    /// <summary>The store batch of the running apply batch. The state machine adds its own records to it before <see cref="Commit"/>.</summary>
    public StoreBatch Batch => throw new InvariantBrokenException("not yet built");

    /// <summary>Bytes of the stored key-value pairs that are live now. A pure function of the applied entries.</summary>
    public long LiveBytes => throw new InvariantBrokenException("not yet built");

    /// <summary>Bytes of all stored key-value pairs, superseded versions that wait for compaction included. Differs between members.</summary>
    public long RetainedBytes => throw new InvariantBrokenException("not yet built");

    /// <summary>Begins a transaction. Its main revision is consumed only if it changes something.</summary>
    public void BeginTxn() => throw new InvariantBrokenException("not yet built");

    public PutResult Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, LeaseId lease) => throw new InvariantBrokenException("not yet built");

    /// <summary>Deletes the live keys of a range; returns them in key order, in a list that is reused by the next call.</summary>
    public IReadOnlyList<DeletedKey> DeleteRange(ReadOnlySpan<byte> key, ReadOnlySpan<byte> end) => throw new InvariantBrokenException("not yet built");

    public TxnResult EndTxn() => throw new InvariantBrokenException("not yet built");

    /// <summary>
    /// Records a compaction in the batch: revisions below can no longer be read, from this moment by the writer and from the
    /// commit by new views. Between transactions only. The revision lies in (Compacted, Current]: the caller has refused others.
    /// The removal itself is <see cref="MvccStore.Sweep"/>.
    /// </summary>
    public void ScheduleCompact(Revision revision) => throw new InvariantBrokenException("not yet built");

    /// <summary>Writes the batch to the store in one write and publishes the new view. Not within a transaction.</summary>
    public CommittedBatch Commit() => throw new InvariantBrokenException("not yet built");

    public override bool TryCopyKeyValue(ItemRevision place, ByteWriter destination) => throw new InvariantBrokenException("not yet built");
}
