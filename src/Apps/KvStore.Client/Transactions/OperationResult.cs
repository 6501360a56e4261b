using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Client;

/// <summary>What one operation of a transaction brought; the property of its kind is set and the others are null.</summary>
public sealed record OperationResult
{
    private OperationResult()
    {
    }

    /// <summary>Of <see cref="Operation.Get"/> and <see cref="Operation.GetRange"/>.</summary>
    public RangeResult? Range { get; private init; }

    /// <summary>Of <see cref="Operation.Put"/>.</summary>
    public PutResult? Put { get; private init; }

    /// <summary>Of <see cref="Operation.Delete"/>.</summary>
    public DeleteResult? Delete { get; private init; }

    /// <summary>Of <see cref="Operation.Nested"/>.</summary>
    public TransactionOutcome? Nested { get; private init; }

    /// <summary>The one entry of a read of one key; null when there is no such key.</summary>
    public KvEntry? Entry => Range is { Entries: [var first, ..] } ? first : null;

    // Only the transaction's own header carries the revision: parts have none, or one without it.
    internal static IReadOnlyList<OperationResult> All(TxnResponse answer) => All(answer, new Revision(answer.Header.Revision));

    private static List<OperationResult> All(TxnResponse answer, Revision revision) => [.. answer.Responses.Select(part => Of(part, revision))];

    private static OperationResult Of(ResponseOp part, Revision revision) => part.ResponseCase switch
    {
        ResponseOp.ResponseOneofCase.ResponseRange => new OperationResult { Range = RangeResult.Of(part.ResponseRange, revision) },
        ResponseOp.ResponseOneofCase.ResponsePut => new OperationResult { Put = new PutResult(revision, KvEntry.OrNone(part.ResponsePut.PrevKv)) },
        ResponseOp.ResponseOneofCase.ResponseDeleteRange => new OperationResult
        {
            Delete = new DeleteResult(revision, part.ResponseDeleteRange.Deleted, KvEntry.All(part.ResponseDeleteRange.PrevKvs)),
        },
        ResponseOp.ResponseOneofCase.ResponseTxn => new OperationResult
        {
            Nested = new TransactionOutcome(part.ResponseTxn.Succeeded, revision, All(part.ResponseTxn, revision)),
        },
        _ => new OperationResult(),
    };
}
