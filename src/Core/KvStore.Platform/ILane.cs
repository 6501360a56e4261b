namespace KvStore.Platform;

/// <summary>A bounded, ordered inbox with exactly one consumer. In production a thread drains it, in simulation the world does.</summary>
public interface ILane<in TMessage>
{
    /// <summary>False when the lane is full: the poster slows down or refuses its own caller. Any thread.</summary>
    /// <remarks>Does not wait for room. It may run the lane, as <see cref="LaneRunner"/> allows; on a shared thread that waits for no disk.</remarks>
    /// <param name="message">What the lane's handler gets.</param>
    /// <param name="poster">Whom the thread serves. Within a batch that this thread handles it is who posted first.</param>
    bool TryPost(TMessage message, Poster poster = Poster.Caller);
}
