namespace KvStore.Platform;

/// <summary>A bounded, ordered inbox with exactly one consumer. In production a thread drains it, in simulation the world does.</summary>
public interface ILane<in TMessage>
{
    /// <summary>False when the lane is full: the poster slows down or refuses its own caller. Any thread; never blocks.</summary>
    bool TryPost(TMessage message);
}
