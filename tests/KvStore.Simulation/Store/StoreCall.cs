namespace KvStore.Simulation.Store;

/// <summary>The points of a simulated store at which its member may die or be refused.</summary>
public enum StoreCall
{
    Open,
    Write,
    Flush,

    /// <summary>Everything is durable, but the caller has not heard of it.</summary>
    FlushReturning,

    Checkpoint,
    Destroy,
}
