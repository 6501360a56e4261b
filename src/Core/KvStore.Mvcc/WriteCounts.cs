namespace KvStore.Mvcc;

/// <summary>What a writer has done since the store was opened, replayed entries included; for metrics.</summary>
/// <param name="Puts">Keys written.</param>
/// <param name="PutBytes">Bytes of their keys and values.</param>
/// <param name="DeleteRanges">Deletions asked for; each may have deleted any number of keys.</param>
/// <param name="Txns">Transactions of more than one such operation.</param>
public readonly record struct WriteCounts(long Puts, long PutBytes, long DeleteRanges, long Txns);
