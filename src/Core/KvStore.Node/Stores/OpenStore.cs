using KvStore.Mvcc;
using KvStore.Platform;

namespace KvStore.Node.Stores;

/// <summary>A store that is open, and the key space over it.</summary>
internal sealed record OpenStore(string Path, IOrderedStore Store, MvccStore Mvcc);
