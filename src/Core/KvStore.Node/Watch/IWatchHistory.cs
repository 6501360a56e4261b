using KvStore.Primitives;

namespace KvStore.Node.Watch;

/// <summary>What the lane needs of a store: the past. Behind it is the multi-version store, in tests a list.</summary>
public interface IWatchHistory
{
    /// <summary>The revision published last; never behind a Committed message that was posted.</summary>
    Revision Current { get; }

    IWatchHistoryView Open();
}
