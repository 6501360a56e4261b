using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Client;

/// <summary>
/// A transaction being written down: when all conditions hold the first operations are done, otherwise the second, all at one
/// revision. Used once, by one thread.
/// </summary>
/// <example>
/// <code>
/// var outcome = await client.Kv.Transaction()
///     .If(Condition.Missing("config/owner"))
///     .Then(Operation.Put("config/owner", "me"))
///     .Else(Operation.Get("config/owner"))
///     .CommitAsync();
/// </code>
/// </example>
public sealed class Transaction
{
    private readonly KvCalls _calls;
    private readonly TxnRequest _request = new();

    internal Transaction(KvCalls calls) => _calls = calls;

    /// <summary>Further conditions; without any the first operations are done.</summary>
    public Transaction If(params ReadOnlySpan<Condition> conditions)
    {
        foreach (var condition in conditions)
            _request.Compare.Add(condition.Compare);
        return this;
    }

    /// <summary>Further operations for when all conditions hold.</summary>
    public Transaction Then(params ReadOnlySpan<Operation> operations)
    {
        foreach (var operation in operations)
            _request.Success.Add(operation.Request);
        return this;
    }

    /// <summary>Further operations for when one condition does not hold.</summary>
    public Transaction Else(params ReadOnlySpan<Operation> operations)
    {
        foreach (var operation in operations)
            _request.Failure.Add(operation.Request);
        return this;
    }

    /// <summary>
    /// Sends it. Never sent twice when it may change something; one that only reads is repeated while members are unavailable.
    /// </summary>
    /// <exception cref="Grpc.GrpcException">It was refused and did nothing, or (unavailable, deadline exceeded) its outcome is unknown.</exception>
    public async Task<TransactionOutcome> CommitAsync(CancellationToken cancellationToken = default)
    {
        var answer = await _calls.TxnAsync(_request, cancellationToken).ConfigureAwait(false);
        return new TransactionOutcome(answer.Succeeded, new Revision(answer.Header.Revision), OperationResult.All(answer));
    }

    internal TxnRequest ToRequest() => _request;
}
