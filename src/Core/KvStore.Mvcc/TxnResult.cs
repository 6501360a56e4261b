using KvStore.Primitives;

namespace KvStore.Mvcc;

/// <summary>How a transaction ended: the store's revision after it, and whether it consumed one.</summary>
public readonly record struct TxnResult(Revision Revision, bool Changed);
