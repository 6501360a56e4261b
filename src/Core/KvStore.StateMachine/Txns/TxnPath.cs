using KvStore.Mvcc;
using KvStore.Primitives;

namespace KvStore.StateMachine;

/// <summary>
/// Which branch a transaction takes, and each nested one on that way, depth first. Decided before any operation runs, on the state
/// before the transaction, as etcd does.
/// </summary>
internal sealed class TxnPath
{
    private readonly List<bool> _branches = [];
    private readonly ByteWriter _scratch = new();

    public bool this[int place] => _branches[place];

    /// <summary>False when a part of the transaction that lies on the way is no message, or it nests too deeply.</summary>
    public bool TryChoose(MvccReader reader, in TxnFields txn)
    {
        _branches.Clear();
        return TryChoose(reader, txn, 0);
    }

    private bool TryChoose(MvccReader reader, in TxnFields txn, int depth)
    {
        if (depth > RequestValidator.NestedTxnsMax || !TryCompare(reader, txn, out var succeeded))
            return false;
        _branches.Add(succeeded);
        foreach (var encoded in txn.Branch(succeeded))
        {
            if (!OpFields.TryRead(encoded, out var op))
                return false;
            if (op.Kind != OpKind.Txn)
                continue;
            if (!TxnFields.TryRead(op.Request, out var nested) || !TryChoose(reader, nested, depth + 1))
                return false;
        }

        return true;
    }

    private bool TryCompare(MvccReader reader, in TxnFields txn, out bool succeeded)
    {
        succeeded = true;
        foreach (var encoded in txn.Compares)
        {
            if (!CompareFields.TryRead(encoded, out var compare))
                return false;
            if (succeeded && !CompareEvaluator.Holds(reader, compare, _scratch))
                succeeded = false;
        }

        return true;
    }
}
