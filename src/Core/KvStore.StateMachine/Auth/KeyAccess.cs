using KvStore.Primitives;
using KvStore.Protocol;

namespace KvStore.StateMachine;

/// <summary>
/// What one caller may do with keys under one auth state. The same rules judge a request at apply and a read before it is answered.
/// The default value allows everything: authentication is off.
/// </summary>
public readonly struct KeyAccess
{
    private readonly AuthTable? _table;
    private readonly AuthUser? _user;
    private readonly EtcdError? _refusal;

    private KeyAccess(AuthTable table, AuthUser? user, EtcdError? refusal)
    {
        _table = table;
        _user = user;
        _refusal = refusal;
    }

    /// <summary>One zero byte as the end of a range: every key from its beginning on.</summary>
    public static bool IsOpen(ReadOnlySpan<byte> end) => end.Length == 1 && end[0] == 0;

    public EtcdError? CheckRead(ReadOnlySpan<byte> key, ReadOnlySpan<byte> end)
    {
        if (_table is null)
            return null;
        return _refusal ?? (_user!.IsRoot || _user.MayRead(_table, key, end) ? null : EtcdErrors.PermissionDenied);
    }

    public EtcdError? CheckWrite(ReadOnlySpan<byte> key, ReadOnlySpan<byte> end)
    {
        if (_table is null)
            return null;
        return _refusal ?? (_user!.IsRoot || _user.MayWrite(_table, key, end) ? null : EtcdErrors.PermissionDenied);
    }

    public EtcdError? Check(in RangeFields range) => CheckRead(range.Key, range.End);

    /// <summary>Who is answered with what was deleted reads it.</summary>
    public EtcdError? Check(in DeleteRangeFields delete) =>
        CheckWrite(delete.Key, delete.End) ?? (delete.PreviousWanted ? CheckRead(delete.Key, delete.End) : null);

    /// <summary>
    /// Who attaches a key to a lease could take the lease's other keys with it, and who is answered with the former value reads it.
    /// </summary>
    public EtcdError? Check(in PutFields put, Lessor? leases)
    {
        if (CheckWrite(put.Key, default) is { } refused)
            return refused;
        if (leases is not null && !put.Lease.IsNone && CheckLeaseWrite(put.Lease, leases) is { } attached)
            return attached;
        return put.PreviousWanted ? CheckRead(put.Key, default) : null;
    }

    /// <summary>
    /// Every comparison and every operation of both branches, nested transactions included: which way is taken would tell the caller
    /// something, too. What is no message is refused elsewhere; what nests too deeply, here.
    /// </summary>
    /// <param name="txn">The transaction.</param>
    /// <param name="leases">For the keys of the leases that puts attach to; a transaction that only reads needs none.</param>
    public EtcdError? Check(in TxnFields txn, Lessor? leases) => _table is null ? null : Check(txn, leases, depth: 0);

    /// <summary>Whether the caller may write every key of a lease: may attach another key to it, prolong it, end it.</summary>
    public EtcdError? CheckLeaseWrite(LeaseId lease, Lessor leases) => MayAll ? null : leases.CheckWrite(lease, this);

    /// <summary>Whether the caller may be told the names of a lease's keys.</summary>
    public EtcdError? CheckLeaseRead(LeaseId lease, Lessor leases)
    {
        if (MayAll)
            return null;
        var keys = new List<ReadOnlyMemory<byte>>();
        leases.CopyKeysTo(lease, keys);
        foreach (var key in keys)
        {
            if (CheckRead(key.Span, default) is { } refused)
                return refused;
        }

        return null;
    }

    /// <summary>The same user under the same auth state: whatever the one may, the other may.</summary>
    internal bool IsSameAs(in KeyAccess other) =>
        ReferenceEquals(_table, other._table) && ReferenceEquals(_user, other._user) && _refusal == other._refusal;

    internal static KeyAccess Of(AuthTable table, in Caller caller)
    {
        var user = string.IsNullOrEmpty(caller.User) ? null : table.FindUser(caller.User);
        EtcdError? refusal = null;
        if (caller.IsNone)
            refusal = EtcdErrors.UserEmpty;
        else if (caller.Revision < table.Revision)
            refusal = EtcdErrors.AuthOldRevision;
        else if (user is null)
            refusal = EtcdErrors.PermissionDenied;
        return new KeyAccess(table, user, refusal);
    }

    /// <summary>With leases root may whatever the revision at which it was known to be root, as in etcd.</summary>
    private bool MayAll => _table is null || _user is { IsRoot: true };

    private EtcdError? Check(in TxnFields txn, Lessor? leases, int depth)
    {
        if (depth > RequestValidator.NestedTxnsMax)
            return EtcdErrors.TooManyOps;
        foreach (var encoded in txn.Compares)
        {
            if (!CompareFields.TryRead(encoded, out var compare))
                return EtcdErrors.MalformedRequest;
            if (CheckRead(compare.Key, compare.End) is { } refused)
                return refused;
        }

        return CheckOps(txn.Success, leases, depth) ?? CheckOps(txn.Failure, leases, depth);
    }

    private EtcdError? CheckOps(FieldCursor ops, Lessor? leases, int depth)
    {
        foreach (var encoded in ops)
        {
            if (!OpFields.TryRead(encoded, out var op))
                return EtcdErrors.MalformedRequest;
            if (CheckOp(op, leases, depth) is { } refused)
                return refused;
        }

        return null;
    }

    private EtcdError? CheckOp(in OpFields op, Lessor? leases, int depth)
    {
        switch (op.Kind)
        {
            case OpKind.Range:
                return RangeFields.TryRead(op.Request, out var range) ? Check(range) : EtcdErrors.MalformedRequest;
            case OpKind.Put:
                return PutFields.TryRead(op.Request, out var put) ? Check(put, leases) : EtcdErrors.MalformedRequest;
            case OpKind.DeleteRange:
                return DeleteRangeFields.TryRead(op.Request, out var delete) ? Check(delete) : EtcdErrors.MalformedRequest;
            case OpKind.Txn:
                return TxnFields.TryRead(op.Request, out var nested) ? Check(nested, leases, depth + 1) : EtcdErrors.MalformedRequest;
            default:
                return null;
        }
    }
}
