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
    /// Nothing that takes long follows what it posts to other lanes within a batch, however long the batch took until then: they may
    /// be run on the same thread when the batch is over.
    /// </summary>
    bool PostsLast => false;
}
