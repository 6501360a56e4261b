namespace KvStore.StateMachine;

/// <summary>
/// The space a member grants its store, and what a request counts against it, by etcd's rules. Judged by the member that takes
/// the request, before the proposal: its bytes are not the same on all members, so the state machine never looks at them. It
/// looks at the NOSPACE alarm instead, which the refusing member raises through the log (M18).
/// </summary>
public readonly record struct Quota
{
    /// <summary>2 GiB: etcd's default.</summary>
    public const long DefaultBytes = 2L * 1024 * 1024 * 1024;

    /// <summary>What a LeaseGrant counts.</summary>
    public const long LeaseGrantCostBytes = 64;

    private const long PutOverheadBytes = 256;

    private readonly long _limitBytes;

    private Quota(long limitBytes) => _limitBytes = limitBytes;

    /// <summary>From --quota-backend-bytes: zero is the default, a negative number switches the quota off.</summary>
    public static Quota Of(long configuredBytes) => new(configuredBytes == 0 ? DefaultBytes : configuredBytes);

    public bool IsOff => _limitBytes < 0;

    public long LimitBytes => _limitBytes;

    /// <summary>
    /// Whether a request of this cost still fits; one without cost always does. <paramref name="usedBytes"/> are those of the
    /// stored pairs, the superseded ones that wait for compaction included, as in etcd's file.
    /// </summary>
    public bool Allows(long usedBytes, long costBytes) => IsOff || costBytes == 0 || usedBytes + costBytes < _limitBytes;

    public static long CostOf(in PutFields put) => PutOverheadBytes + put.Key.Length + put.Value.Length;

    /// <summary>The dearer of the two branches, nested transactions included.</summary>
    public static long CostOf(in TxnFields txn) => Math.Max(CostOf(txn.Success, 0), CostOf(txn.Failure, 0));

    private static long CostOf(FieldCursor ops, int depth)
    {
        var cost = 0L;
        foreach (var encoded in ops)
        {
            if (!OpFields.TryRead(encoded, out var op))
                continue;
            if (op.Kind == OpKind.Put && PutFields.TryRead(op.Request, out var put))
                cost += CostOf(put);
            else if (op.Kind == OpKind.Txn && depth < RequestValidator.NestedTxnsMax && TxnFields.TryRead(op.Request, out var nested))
                cost += Math.Max(CostOf(nested.Success, depth + 1), CostOf(nested.Failure, depth + 1));
        }

        return cost;
    }
}
