using KvStore.Mvcc.Index;
using KvStore.Primitives;

namespace KvStore.Mvcc;

/// <summary>What start-up read from the store.</summary>
internal sealed record LoadedStore(
    IndexRoot Root,
    Revision Current,
    Revision Scheduled,
    Revision Finished,
    long LiveBytes,
    long RetainedBytes,
    SupersededQueue Superseded);
