using KvStore.Protocol;

namespace KvStore.StateMachine;

/// <summary>
/// What etcd checks before a request reaches raft (its server/etcdserver/api/v3rpc): pure, no state, any thread. The state
/// machine relies on it only for what a client is told: it judges everything that could change its state itself.
/// </summary>
public static class RequestValidator
{
    /// <summary>
    /// How deep transactions may nest. The budget of operations bounds it too, but that is an option of the member; the stack of
    /// the Apply lane is not. Nobody nests more than two or three levels.
    /// </summary>
    public const int NestedTxnsMax = 64;

    public static EtcdError? Check(in RangeFields range)
    {
        if (range.Key.IsEmpty)
            return EtcdErrors.EmptyKey;
        if (range.SortOrder is < SortOrders.None or > SortOrders.Descend)
            return EtcdErrors.InvalidSortOption;
        if (range.SortTarget is < SortTargets.Key or > SortTargets.Value)
            return EtcdErrors.InvalidSortOption;
        return null;
    }

    /// <summary>The same for RangeStream, which cannot sort or filter.</summary>
    public static EtcdError? CheckStream(in RangeFields range)
    {
        if (Check(range) is { } error)
            return error;
        if (!RangeEvaluator.IsKeyOrder(range))
            return EtcdErrors.RangeStreamSortOrder;
        return range.HasRevisionFilters ? EtcdErrors.RangeStreamFilters : null;
    }

    public static EtcdError? Check(in PutFields put)
    {
        if (put.Key.IsEmpty)
            return EtcdErrors.EmptyKey;
        if (put.IgnoreValue && !put.Value.IsEmpty)
            return EtcdErrors.ValueProvided;
        if (put.IgnoreLease && !put.Lease.IsNone)
            return EtcdErrors.LeaseProvided;
        return null;
    }

    public static EtcdError? Check(in DeleteRangeFields delete) => delete.Key.IsEmpty ? EtcdErrors.EmptyKey : null;

    /// <summary>The shape of a transaction first, then the overlaps of its puts and deletes, as etcd orders it.</summary>
    /// <param name="txn">The transaction, well-formed at its own level.</param>
    /// <param name="opsMax">Operations in any of the three lists, along any path of nesting (--max-txn-ops).</param>
    public static EtcdError? Check(in TxnFields txn, int opsMax) =>
        CheckShape(txn, opsMax, 0) ?? TxnOverlaps.Check(txn);

    /// <summary>A TTL too small is no error: it is raised (<see cref="LeaseRules"/>).</summary>
    public static EtcdError? Check(in LeaseGrantFields grant) =>
        grant.TtlSeconds > LeaseRules.TtlSecondsMax ? EtcdErrors.LeaseTtlTooLarge : null;

    /// <summary>etcd answers an unknown action as an unknown method, with code Unknown.</summary>
    public static EtcdError? CheckAlarmAction(int action) => action is >= 0 and <= 2 ? null : EtcdErrors.UnknownMethod;

    /// <summary>M21: the alarm of a later version. etcd's members stop when one is raised.</summary>
    public static EtcdError? CheckAlarmKind(int kind) => Enum.IsDefined((AlarmKind)kind) ? null : EtcdErrors.InvalidAlarm;

    private static EtcdError? CheckShape(in TxnFields txn, int opsMax, int depth)
    {
        var ops = Math.Max(txn.CompareCount, Math.Max(txn.SuccessCount, txn.FailureCount));
        if (ops > opsMax || depth > NestedTxnsMax)
            return EtcdErrors.TooManyOps;
        foreach (var encoded in txn.Compares)
        {
            if (!CompareFields.TryRead(encoded, out var compare))
                return EtcdErrors.MalformedRequest;
            if (compare.Key.IsEmpty)
                return EtcdErrors.EmptyKey;
        }

        return CheckOps(txn.Success, opsMax - ops, depth) ?? CheckOps(txn.Failure, opsMax - ops, depth);
    }

    private static EtcdError? CheckOps(FieldCursor ops, int opsLeft, int depth)
    {
        foreach (var encoded in ops)
        {
            if (!OpFields.TryRead(encoded, out var op))
                return EtcdErrors.MalformedRequest;
            if (CheckOp(op, opsLeft, depth) is { } error)
                return error;
        }

        return null;
    }

    private static EtcdError? CheckOp(in OpFields op, int opsLeft, int depth)
    {
        switch (op.Kind)
        {
            case OpKind.Range:
                return RangeFields.TryRead(op.Request, out var range) ? Check(range) : EtcdErrors.MalformedRequest;
            case OpKind.Put:
                return PutFields.TryRead(op.Request, out var put) ? Check(put) : EtcdErrors.MalformedRequest;
            case OpKind.DeleteRange:
                return DeleteRangeFields.TryRead(op.Request, out var delete) ? Check(delete) : EtcdErrors.MalformedRequest;
            case OpKind.Txn:
                return TxnFields.TryRead(op.Request, out var nested)
                    ? CheckShape(nested, opsLeft, depth + 1)
                    : EtcdErrors.MalformedRequest;
            default:
                return EtcdErrors.KeyNotFound;
        }
    }
}
