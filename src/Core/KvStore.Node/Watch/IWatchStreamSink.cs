namespace KvStore.Node.Watch;

/// <summary>Where the frames of one stream go: a queue that the edge empties as fast as the client reads.</summary>
public interface IWatchStreamSink
{
    /// <summary>
    /// Takes a frame; called on the Watch lane, never blocks. The queue behind it is bounded by the credit of the stream: the
    /// lane sends events only within <see cref="WatchOptions.StreamFramesMax"/> and <see cref="WatchOptions.StreamBytesMax"/>,
    /// and gets the credit back by a Credit message per written frame. Answers to requests of the client are not held back,
    /// so the edge reads no further requests while its queue is long. False when the stream is over: the lane forgets it.
    /// </summary>
    bool TryWrite(in WatchFrame frame);
}
