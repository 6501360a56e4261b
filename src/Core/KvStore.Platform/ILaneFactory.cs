namespace KvStore.Platform;

/// <summary>Makes lanes: threads in production, queues of the world in simulation.</summary>
public interface ILaneFactory
{
    /// <param name="name">Name of the thread and of the lane in traces.</param>
    /// <param name="capacity">Messages that may wait; a post beyond it is refused.</param>
    /// <param name="batchMax">Messages handed to the handler at once, at most.</param>
    /// <param name="handler">The only consumer. Called only after <see cref="Start"/>.</param>
    /// <param name="runner">Who may run the handler beside the lane's own thread.</param>
    ILane<TMessage> Create<TMessage>(string name, int capacity, int batchMax, ILaneHandler<TMessage> handler, LaneRunner runner);

    /// <summary>Begins to drain every lane made so far.</summary>
    void Start();
}
