namespace KvStore.Platform;

/// <summary>The consumer of a lane.</summary>
public interface ILaneHandler<TMessage>
{
    /// <summary>
    /// Handles what was waiting, in order; runs to completion on the lane's own thread and never blocks on another lane. An
    /// exception stops the process (in simulation: the member).
    /// </summary>
    void Handle(ReadOnlySpan<TMessage> batch);
}
