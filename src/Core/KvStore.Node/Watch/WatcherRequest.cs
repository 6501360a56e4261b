using KvStore.Primitives;

namespace KvStore.Node.Watch;

/// <summary>What a client asks for with WatchCreateRequest, in the client's own form; the lane normalizes and judges it.</summary>
/// <param name="Key">Empty means the smallest key.</param>
/// <param name="RangeEnd">Empty: the single key. One zero byte: every key from <paramref name="Key"/> on. Else exclusive.</param>
/// <param name="Start">Zero: from now on. In the past: history first. In the future: nothing below it.</param>
/// <param name="WatchId">Zero: the stream's counter chooses.</param>
/// <param name="Filters">Events that are not sent.</param>
/// <param name="WantsPrevious">Whether events carry prev_kv.</param>
/// <param name="WantsProgress">Whether progress is told by interval.</param>
/// <param name="MayFragment">Whether a large response may be split within a revision.</param>
public sealed record WatcherRequest(
    ReadOnlyMemory<byte> Key,
    ReadOnlyMemory<byte> RangeEnd,
    Revision Start,
    long WatchId,
    WatchFilters Filters,
    bool WantsPrevious,
    bool WantsProgress,
    bool MayFragment)
{
    /// <summary>Why the caller may not watch this range, as a client is told it; null when it may.</summary>
    public string? Refusal { get; init; }
}
