namespace KvStore.Hosting;

/// <summary>A lane without its message type, for the factory that starts and ends them all.</summary>
internal interface IThreadLane : IDisposable
{
    void Start();

    /// <summary>Refuses new messages; those that wait are still handled. Disposing waits for the end of the thread.</summary>
    void BeginStop();
}
