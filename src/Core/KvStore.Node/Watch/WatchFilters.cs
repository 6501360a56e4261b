namespace KvStore.Node.Watch;

/// <summary>Events a watcher does not want (WatchCreateRequest.filters).</summary>
[Flags]
public enum WatchFilters
{
    None = 0,
    NoPut = 1,
    NoDelete = 2,
}
