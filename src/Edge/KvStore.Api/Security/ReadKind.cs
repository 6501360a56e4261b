namespace KvStore.Api.Security;

/// <summary>What a read from a view is asked by.</summary>
internal enum ReadKind
{
    /// <summary>A RangeRequest.</summary>
    Range,

    /// <summary>A TxnRequest that only reads.</summary>
    Txn,
}
