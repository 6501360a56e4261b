namespace KvStore.Platform;

/// <summary>Who may run a lane's handler while the lane's own thread sleeps.</summary>
public enum LaneRunner
{
    /// <summary>Nobody: the handler works for seconds.</summary>
    OwnThread,

    /// <summary>
    /// Callers, as below, while there seems to be one: the last batches had one message each. For a handler that waits for a disk: what
    /// many post meanwhile gathers into the next batch, and it is the lane's own thread that waits. Never a <see cref="Poster.Shared"/> thread.
    /// </summary>
    LoneCallers,

    /// <summary>
    /// Callers from outside, whose thread serves them alone; no other lane's thread. For a handler whose work has no bound that a lane
    /// could wait for: a range of a million keys to delete, a store that holds back its writers.
    /// </summary>
    Callers,

    /// <summary>Whoever posts, the threads of other lanes too: the handler does neither I/O nor work that grows with the data.</summary>
    AnyPoster,
}
