using KvStore.Primitives;

namespace KvStore.Client;

/// <summary>How a transaction went.</summary>
/// <param name="Succeeded">True when all conditions held, so that the first operations were done; otherwise the second were.</param>
/// <param name="Revision">The revision of the store afterwards; a new one only when something was changed.</param>
/// <param name="Results">One for each operation that was done, in their order.</param>
public sealed record TransactionOutcome(bool Succeeded, Revision Revision, IReadOnlyList<OperationResult> Results);
