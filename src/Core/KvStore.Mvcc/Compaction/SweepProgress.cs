namespace KvStore.Mvcc;

/// <summary>How a step of the compaction sweep left things.</summary>
public enum SweepProgress
{
    /// <summary>No compaction is unfinished.</summary>
    Idle = 0,

    /// <summary>A view opened before the compaction is still open and may read what the sweep would remove: try again later.</summary>
    WaitingForViews,

    /// <summary>A batch was removed; there is more.</summary>
    More,

    /// <summary>The last batch was removed and the compaction is recorded as finished.</summary>
    Finished,
}
