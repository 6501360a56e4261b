namespace KvStore.Grpc.Server;

/// <summary>
/// Judges the pings of one client as Go's gRPC server does, since its clients slow down by the answer: a ping too soon after
/// the last is a strike, and so is one within two hours on a connection without calls; what the server sent in between
/// forgives all. The third strike ends the connection.
/// </summary>
/// <remarks>
/// One thread at a time tells what was read, one at a time what was written; they share counters that only grow, and each is written by
/// one side. A call that ends by a reset counts as open for ever after, because only ends that the server says are
/// counted: a client that resets calls is then judged like one with calls, never harder.
/// </remarks>
internal sealed class ClientPings(TimeSpan timeMin, TimeProvider time)
{
    private const int StrikesMax = 2;

    /// <summary>On a connection without calls: what Go's server takes for the time of keep-alive when nobody says another.</summary>
    private static readonly TimeSpan IdleTimeMin = TimeSpan.FromHours(2);

    private int _callsOpened;
    private int _callsEnded;
    private bool _hasAnswered;
    private int _strikes;
    private bool _hasPinged;
    private long _lastPing;

    /// <summary>The last stream that the client opened; what it hears is the last one that was looked at.</summary>
    public int LastStream { get; private set; }

    /// <summary>False when this is one ping too many.</summary>
    public bool OnRead(in FrameHead frame)
    {
        if (frame.Type == FrameHead.Headers && frame.Stream > LastStream)
        {
            LastStream = frame.Stream;
            Volatile.Write(ref _callsOpened, _callsOpened + 1);
        }

        return !frame.AsksForPong || OnPing();
    }

    public void OnWritten(in FrameHead frame)
    {
        if (frame.Type > FrameHead.Headers)
            return;
        if (frame.EndsStream)
            Volatile.Write(ref _callsEnded, _callsEnded + 1);
        Volatile.Write(ref _hasAnswered, true);
    }

    private bool OnPing()
    {
        var now = time.GetTimestamp();
        var since = _hasPinged ? time.GetElapsedTime(_lastPing, now) : TimeSpan.MaxValue;
        (_hasPinged, _lastPing) = (true, now);
        if (Volatile.Read(ref _hasAnswered))
        {
            Volatile.Write(ref _hasAnswered, false);
            _strikes = 0;
            return true;
        }

        var isIdle = Volatile.Read(ref _callsEnded) >= _callsOpened;
        if (since < (isIdle ? IdleTimeMin : timeMin))
            _strikes++;
        return _strikes <= StrikesMax;
    }
}
