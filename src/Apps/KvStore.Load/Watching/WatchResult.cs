using KvStore.Load.Measures;

namespace KvStore.Load.Watching;

/// <summary>What watchers and writers of one run found.</summary>
/// <param name="Events">Delivered events; their latency is from the moment the put was sent.</param>
/// <param name="Puts">The writes behind them.</param>
/// <param name="Missing">Events that were due and had not come when the time to drain was over.</param>
public sealed record WatchResult(LoadResult Events, LoadResult Puts, long Missing);
