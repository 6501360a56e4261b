using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Client;

/// <summary>What a range held.</summary>
/// <param name="Entries">The entries, as many as were asked for.</param>
/// <param name="Count">How many there are in the range, returned or not.</param>
/// <param name="HasMore">True when not all of them were returned.</param>
/// <param name="Revision">
/// The newest revision of the store when this was read: a watch from the one after it misses nothing of what follows.
/// </param>
public sealed record RangeResult(IReadOnlyList<KvEntry> Entries, long Count, bool HasMore, Revision Revision)
{
    internal static RangeResult Of(RangeResponse answer, Revision revision) => new(KvEntry.All(answer.Kvs), answer.Count, answer.More, revision);
}
