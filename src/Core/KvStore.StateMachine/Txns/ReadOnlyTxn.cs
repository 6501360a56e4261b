using KvStore.Mvcc;
using KvStore.Primitives;
using KvStore.Protocol;

namespace KvStore.StateMachine;

/// <summary>
/// A transaction of ranges only (<see cref="TxnClassification.IsReadOnly"/>), answered from a view like a Range, without the log.
/// </summary>
public static class ReadOnlyTxn
{
    /// <summary>Appends the body of the <c>TxnResponse</c>; with an error, nothing that was appended has a meaning.</summary>
    public static EtcdError? Evaluate(MvccReader reader, in TxnFields txn, ByteWriter body, int bytesMax)
    {
        var path = new TxnPath();
        if (!path.TryChoose(reader, txn))
            return EtcdErrors.MalformedRequest;
        if (CheckRanges(reader, txn.Branch(path[0])) is { } refused)
            return refused;

        var start = body.WrittenCount;
        TxnResponseWriter.WriteSucceeded(body, path[0]);
        foreach (var encoded in txn.Branch(path[0]))
        {
            var read = TryReadRange(encoded, out var range);
            Check.That(read, "a range that was checked can be read");
            var starts = TxnResponseWriter.Begin(body, OpKind.Range);
            TxnResponseWriter.WriteHeader(body, reader.Current);
            if (RangeEvaluator.Write(reader, range, body, bytesMax - (body.WrittenCount - start)) is { } error)
                return error;
            TxnResponseWriter.End(body, starts);
        }

        return null;
    }

    private static EtcdError? CheckRanges(MvccReader reader, FieldCursor ops)
    {
        foreach (var encoded in ops)
        {
            if (!TryReadRange(encoded, out var range))
                return EtcdErrors.MalformedRequest;
            if (RangeEvaluator.CheckRevisionInTxn(reader, range.Revision) is { } error)
                return error;
        }

        return null;
    }

    private static bool TryReadRange(ReadOnlySpan<byte> encoded, out RangeFields range)
    {
        range = default;
        return OpFields.TryRead(encoded, out var op) && op.Kind == OpKind.Range && RangeFields.TryRead(op.Request, out range);
    }
}
