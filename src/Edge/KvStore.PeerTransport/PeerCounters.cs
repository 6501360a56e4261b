using KvStore.Primitives;

namespace KvStore.PeerTransport;

/// <summary>What went to and came from one peer since the start. Any thread.</summary>
public sealed class PeerCounters(MemberId member)
{
    private long _bytesSent;
    private long _bytesReceived;
    private long _framesDropped;
    private long _sendFailures;
    private long _receiveFailures;
    private long _roundTripTicks;

    public MemberId Member { get; } = member;

    public long BytesSent => Interlocked.Read(ref _bytesSent);

    public long BytesReceived => Interlocked.Read(ref _bytesReceived);

    /// <summary>Frames that were refused because the queue was full, or lost with their connection.</summary>
    public long FramesDropped => Interlocked.Read(ref _framesDropped);

    public long SendFailures => Interlocked.Read(ref _sendFailures);

    public long ReceiveFailures => Interlocked.Read(ref _receiveFailures);

    /// <summary>The last one measured; zero before.</summary>
    public TimeSpan RoundTrip => TimeSpan.FromTicks(Interlocked.Read(ref _roundTripTicks));

    internal void OnSent(long bytes) => Interlocked.Add(ref _bytesSent, bytes);

    internal void OnReceived(long bytes) => Interlocked.Add(ref _bytesReceived, bytes);

    internal void OnDropped(long frames) => Interlocked.Add(ref _framesDropped, frames);

    internal void OnSendFailure() => Interlocked.Increment(ref _sendFailures);

    internal void OnReceiveFailure() => Interlocked.Increment(ref _receiveFailures);

    internal void OnRoundTrip(TimeSpan roundTrip) => Interlocked.Exchange(ref _roundTripTicks, roundTrip.Ticks);
}
