namespace KvStore.Platform;

/// <summary>Makes lanes: threads in production, queues of the world in simulation.</summary>
public interface ILaneFactory
{
    /// <param name="name">Name of the thread and of the lane in traces.</param>
    /// <param name="capacity">Messages that may wait; a post beyond it is refused.</param>
    /// <param name="batchMax">Messages handed to the handler at once, at most.</param>
    /// <param name="handler">The only consumer. Called only after <see cref="Start"/>.</param>
    /// <param name="waitsForDisks">The handler waits for disks: it runs on the lane's own thread alone, never on that of a poster.</param>
    ILane<TMessage> Create<TMessage>(string name, int capacity, int batchMax, ILaneHandler<TMessage> handler, bool waitsForDisks);

    /// <summary>Begins to drain every lane made so far.</summary>
    void Start();
}
