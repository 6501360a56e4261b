using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Client;

/// <summary>Changes that came together. All of one revision are in one batch, so a transaction is never seen in halves.</summary>
/// <param name="Revision">
/// Everything up to here has been seen: of a batch with events the revision of the last one, of one without the store's.
/// </param>
/// <param name="Events">The changes in the order of their revisions; none in a progress notification.</param>
public sealed record WatchBatch(Revision Revision, IReadOnlyList<WatchEvent> Events)
{
    /// <summary>True when this only tells how far the watch is.</summary>
    public bool IsProgress => Events.Count == 0;

    internal static WatchBatch Of(WatchResponse answer) => answer.Events.Count == 0
        ? new WatchBatch(new Revision(answer.Header.Revision), [])
        : new WatchBatch(new Revision(answer.Events[^1].Kv.ModRevision), [.. answer.Events.Select(WatchEvent.Of)]);
}
