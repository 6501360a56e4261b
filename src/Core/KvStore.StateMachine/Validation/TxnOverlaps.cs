using KvStore.Protocol;

namespace KvStore.StateMachine;

/// <summary>
/// Finds keys that one path of a transaction would write twice: two puts, or a put within a deleted range. The two branches of
/// a transaction may share keys, deletes may overlap each other.
/// </summary>
/// <remarks>
/// The order of collection is etcd's, and so are its gaps: this level's deletes, then each nested transaction in turn, then
/// this level's puts. Between sibling nested transactions a put before a delete of the same key goes unnoticed, and a delete
/// without upper bound is compared literally (its end "\0" is below its key), so it meets no put. What then runs, runs in order.
/// </remarks>
internal static class TxnOverlaps
{
    public static EtcdError? Check(in TxnFields txn)
    {
        if (CannotOverlap(txn.Success, txn.SuccessCount) && CannotOverlap(txn.Failure, txn.FailureCount))
            return null;
        return Collect(txn.Success, out _) ?? Collect(txn.Failure, out _);
    }

    // Nearly every transaction writes one key: nothing is collected for it.
    private static bool CannotOverlap(FieldCursor ops, int count)
    {
        if (count == 0)
            return true;
        var writes = 0;
        foreach (var encoded in ops)
        {
            if (!OpFields.TryRead(encoded, out var op) || op.Kind == OpKind.Txn)
                return false;
            if (op.Kind is OpKind.Put or OpKind.DeleteRange)
                writes++;
        }

        return writes <= 1;
    }

    private static EtcdError? Collect(FieldCursor ops, out WrittenKeys written)
    {
        written = new WrittenKeys();
        foreach (var encoded in ops)
        {
            if (Read(encoded, out var op) && op.Kind == OpKind.DeleteRange && DeleteRangeFields.TryRead(op.Request, out var delete))
                written.AddDelete(delete.Key, delete.End);
        }

        foreach (var encoded in ops)
        {
            if (Read(encoded, out var op) && op.Kind == OpKind.Txn && CollectNested(op.Request, written) is { } error)
                return error;
        }

        foreach (var encoded in ops)
        {
            if (Read(encoded, out var op) && op.Kind == OpKind.Put && PutFields.TryRead(op.Request, out var put)
                && !written.TryAddPut(put.Key))
                return EtcdErrors.DuplicateKey;
        }

        return null;
    }

    private static EtcdError? CollectNested(ReadOnlySpan<byte> request, WrittenKeys written)
    {
        var read = TxnFields.TryRead(request, out var nested);
        Primitives.Check.That(read, "the shape of a transaction is checked before its overlaps");
        if (Collect(nested.Success, out var then) is { } thenError)
            return thenError;
        if (Collect(nested.Failure, out var otherwise) is { } otherwiseError)
            return otherwiseError;
        return written.TryAddBranches(then, otherwise) ? null : EtcdErrors.DuplicateKey;
    }

    private static bool Read(ReadOnlySpan<byte> encoded, out OpFields op)
    {
        var read = OpFields.TryRead(encoded, out op);
        Primitives.Check.That(read, "the shape of a transaction is checked before its overlaps");
        return read;
    }
}
