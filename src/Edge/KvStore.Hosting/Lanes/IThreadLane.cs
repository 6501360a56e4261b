namespace KvStore.Hosting;

/// <summary>A lane without its message type, for the factory that starts and ends them all.</summary>
internal interface IThreadLane : IDisposable
{
    /// <summary>A message waits.</summary>
    bool HasNext { get; }

    /// <summary>As its handler says during a batch.</summary>
    bool PostsLast { get; }

    void Start();

    /// <summary>Refuses new messages; those that wait are still handled. Disposing waits for the end of the thread.</summary>
    void BeginStop();

    /// <summary>
    /// Hands the lane over to its own thread. Whoever calls this or <see cref="RunHere"/> took the lane from its parked thread, or
    /// was given it by who did, and calls one of the two once.
    /// </summary>
    void Wake();

    /// <summary>Handles one batch on this thread, then parks the lane again, or wakes its thread when more has come.</summary>
    void RunHere();
}
