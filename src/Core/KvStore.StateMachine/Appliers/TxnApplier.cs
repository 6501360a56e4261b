using KvStore.Mvcc;
using KvStore.Primitives;
using KvStore.Protocol;

namespace KvStore.StateMachine;

/// <summary>
/// A transaction that may write, in three passes over the same bytes: choose the branches, check everything on the chosen way,
/// run it. Only the third pass writes, and it cannot fail: a refused transaction changes nothing and consumes no revision.
/// </summary>
internal sealed class TxnApplier
{
    private readonly MvccWriter _writer;
    private readonly KvApplier _keys;
    private readonly int _bodyBytesMax;
    private readonly TxnPath _path = new();

    // The deletes met so far on the way, in one buffer: key and end of each.
    private readonly ByteWriter _deletedBytes = new();
    private readonly List<(int Start, int KeyLength, int EndLength)> _deleted = [];

    private int _place;
    private bool _tooLarge;

    public TxnApplier(MvccWriter writer, KvApplier keys, int bodyBytesMax)
    {
        _writer = writer;
        _keys = keys;
        _bodyBytesMax = bodyBytesMax;
    }

    /// <summary>
    /// <paramref name="body"/> is null where nobody reads it: then the ranges are checked, because they can refuse the transaction,
    /// but not read.
    /// </summary>
    public EtcdError? Apply(in TxnFields txn, ByteWriter? body)
    {
        if (!_path.TryChoose(_writer, txn))
            return EtcdErrors.MalformedRequest;

        _place = 0;
        _deletedBytes.Clear();
        _deleted.Clear();
        if (CheckBranch(txn) is { } error)
            return error;

        _place = 0;
        _tooLarge = false;
        _writer.BeginTxn();
        RunBranch(txn, body);
        _writer.EndTxn();
        return _tooLarge ? EtcdErrors.ResponseTooLarge : null;
    }

    private EtcdError? CheckBranch(in TxnFields txn)
    {
        foreach (var encoded in txn.Branch(_path[_place++]))
        {
            if (!OpFields.TryRead(encoded, out var op))
                return EtcdErrors.MalformedRequest;
            if (CheckOp(op) is { } error)
                return error;
        }

        return null;
    }

    private EtcdError? CheckOp(in OpFields op)
    {
        switch (op.Kind)
        {
            case OpKind.Range:
                if (!RangeFields.TryRead(op.Request, out var range))
                    return EtcdErrors.MalformedRequest;
                return RequestValidator.Check(range) ?? RangeEvaluator.CheckRevisionInTxn(_writer, range.Revision);
            case OpKind.Put:
                if (!PutFields.TryRead(op.Request, out var put))
                    return EtcdErrors.MalformedRequest;
                return _keys.CheckPut(put) ?? CheckNotDeletedBefore(put);
            case OpKind.DeleteRange:
                if (!DeleteRangeFields.TryRead(op.Request, out var delete))
                    return EtcdErrors.MalformedRequest;
                RememberDelete(delete);
                return RequestValidator.Check(delete);
            case OpKind.Txn:
                return TxnFields.TryRead(op.Request, out var nested) ? CheckBranch(nested) : EtcdErrors.MalformedRequest;
            default:
                return EtcdErrors.KeyNotFound;
        }
    }

    /// <summary>
    /// A put that keeps its key's value or lease needs the key when it runs, not only before the transaction. The overlap check
    /// lets a few deletes before it pass (<see cref="TxnOverlaps"/>), on which etcd's members stop one and all.
    /// </summary>
    private EtcdError? CheckNotDeletedBefore(in PutFields put)
    {
        if (!put.IgnoreValue && !put.IgnoreLease)
            return null;
        foreach (var (start, keyLength, endLength) in _deleted)
        {
            var key = _deletedBytes.Written(start, keyLength);
            var end = _deletedBytes.Written(start + keyLength, endLength);
            if (Covers(key, end, put.Key))
                return EtcdErrors.KeyNotFound;
        }

        return null;
    }

    private void RememberDelete(in DeleteRangeFields delete)
    {
        _deleted.Add((_deletedBytes.WrittenCount, delete.Key.Length, delete.End.Length));
        _deletedBytes.Write(delete.Key);
        _deletedBytes.Write(delete.End);
    }

    private static bool Covers(ReadOnlySpan<byte> from, ReadOnlySpan<byte> end, ReadOnlySpan<byte> key)
    {
        if (end.IsEmpty)
            return key.SequenceEqual(from);
        var unbounded = end.Length == 1 && end[0] == 0;
        return from.SequenceCompareTo(key) <= 0 && (unbounded || key.SequenceCompareTo(end) < 0);
    }

    private void RunBranch(in TxnFields txn, ByteWriter? body)
    {
        var succeeded = _path[_place++];
        if (body is not null)
            TxnResponseWriter.WriteSucceeded(body, succeeded);
        foreach (var encoded in txn.Branch(succeeded))
        {
            var read = OpFields.TryRead(encoded, out var op);
            Check.That(read, "an operation that was checked can be read");
            var answer = _tooLarge ? null : body;
            var starts = answer is null ? default : TxnResponseWriter.Begin(answer, op.Kind);
            RunOp(op, answer);
            if (answer is not null)
                TxnResponseWriter.End(answer, starts);
        }
    }

    private void RunOp(in OpFields op, ByteWriter? answer)
    {
        var read = true;
        switch (op.Kind)
        {
            case OpKind.Range when answer is not null:
                read = RangeFields.TryRead(op.Request, out var range);
                TxnResponseWriter.WriteHeader(answer, _writer.Current);
                if (RangeEvaluator.Write(_writer, range, answer, _bodyBytesMax - answer.WrittenCount) is not null)
                    _tooLarge = true;
                break;
            case OpKind.Put:
                read = PutFields.TryRead(op.Request, out var put);
                var result = _keys.Put(put);
                if (answer is not null)
                {
                    TxnResponseWriter.WriteHeader(answer, _writer.Current);
                    _keys.WritePut(answer, put, result);
                }

                break;
            case OpKind.DeleteRange:
                read = DeleteRangeFields.TryRead(op.Request, out var delete);
                var deleted = _keys.DeleteRange(delete);
                if (answer is not null)
                {
                    TxnResponseWriter.WriteHeader(answer, _writer.Current);
                    _tooLarge |= !_keys.TryWriteDeleteRange(answer, delete, deleted, _bodyBytesMax);
                }

                break;
            case OpKind.Txn:
                read = TxnFields.TryRead(op.Request, out var nested);
                if (answer is not null)
                    TxnResponseWriter.WriteEmptyHeader(answer);
                RunBranch(nested, answer);
                break;
            default:
                break;
        }

        Check.That(read, "an operation that was checked can be read");
    }
}
