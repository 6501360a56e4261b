namespace KvStore.StateMachine;

/// <summary>Which way a transaction goes. Judged by both branches at the top level only, as etcd does.</summary>
public static class TxnClassification
{
    /// <summary>
    /// True when every operation is a range: the transaction never enters the log. One with a nested transaction counts as a write,
    /// even if that only reads.
    /// </summary>
    public static bool IsReadOnly(in TxnFields txn) => AllRanges(txn.Success, false) && AllRanges(txn.Failure, false);

    /// <summary>True when every operation is a serializable range: it is answered from local state, without a quorum.</summary>
    public static bool IsSerializable(in TxnFields txn) => AllRanges(txn.Success, true) && AllRanges(txn.Failure, true);

    private static bool AllRanges(FieldCursor ops, bool serializable)
    {
        foreach (var encoded in ops)
        {
            if (!OpFields.TryRead(encoded, out var op) || op.Kind != OpKind.Range)
                return false;
            if (serializable && !(RangeFields.TryRead(op.Request, out var range) && range.Serializable))
                return false;
        }

        return true;
    }
}
