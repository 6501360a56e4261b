namespace KvStore.Platform;

/// <summary>The consumer of a lane.</summary>
public interface ILaneHandler<TMessage>
{
    /// <summary>
    /// Handles what was waiting, in order; runs to completion, on one thread at a time, and never blocks on another lane. The thread
    /// is the lane's own or, where the lane allows it, that of a poster. An exception stops the process (in simulation: the member).
    /// </summary>
    void Handle(ReadOnlySpan<TMessage> batch);

    /// <summary>
    /// Asked by what it posts to within a batch: nothing that takes long follows in this batch, however long it took until now, so a lane
    /// that it posts to may be run on the same thread when the batch is over.
    /// </summary>
    bool PostsLast => false;
}
