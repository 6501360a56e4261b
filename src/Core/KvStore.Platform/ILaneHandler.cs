namespace KvStore.Platform;

/// <summary>The consumer of a lane.</summary>
public interface ILaneHandler<TMessage>
{
    /// <summary>
    /// Handles what was waiting, in order; runs to completion, on one thread at a time, and never blocks on another lane. The thread
    /// is the lane's own or, where the lane allows it, that of a poster. An exception stops the process (in simulation: the member).
    /// </summary>
    void Handle(ReadOnlySpan<TMessage> batch);
}
