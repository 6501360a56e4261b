using KvStore.Primitives;

namespace KvStore.Node.Watch;

/// <summary>One stream: its watchers by id, its credit, and those of its watchers that lag, in the order of their turns.</summary>
internal sealed class WatchStream(WatchStreamId id, IWatchStreamSink sink, WatchOptions options)
{
    private int _framesInFlight;
    private long _nextId;

    public WatchStreamId Id { get; } = id;

    public Dictionary<long, Watcher> Watchers { get; } = [];

    public LinkedList<Watcher> Lagging { get; } = [];

    public int FramesInFlight => _framesInFlight;

    public long BytesInFlight { get; private set; }

    /// <summary>Whether events may be sent. The last frame may go beyond the limit by its own length.</summary>
    public bool HasCredit => !IsOver && _framesInFlight < options.StreamFramesMax && BytesInFlight < options.StreamBytesMax;

    /// <summary>Nobody reads it any more.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Whether the stream stands in the lane's queue of those that can catch up.</summary>
    public bool IsQueued { get; set; }

    /// <summary>A manual request for progress that could not be answered yet.</summary>
    public bool ProgressRequested { get; set; }

    /// <summary>How many watchers want notifications by interval; a stream without any costs nothing at a tick.</summary>
    public int ProgressWatchers { get; set; }

    public Instant ProgressDue { get; set; }

    /// <summary>False when the stream is over.</summary>
    public bool Send(in WatchFrame frame)
    {
        if (IsOver)
            return false;
        if (!sink.TryWrite(frame))
        {
            IsOver = true;
            return false;
        }

        _framesInFlight++;
        BytesInFlight += frame.Length;
        return true;
    }

    public void ReturnCredit(int frames, long bytes)
    {
        _framesInFlight -= frames;
        BytesInFlight -= bytes;
        Check.That(_framesInFlight >= 0 && BytesInFlight >= 0, "a stream gets back at most the credit it used");
    }

    /// <summary>The edge has ended it. It may still stand in a queue of the lane.</summary>
    public void Close() => IsOver = true;

    /// <summary>The next number nobody uses: from 0, as in etcd.</summary>
    public long NextFreeId()
    {
        while (Watchers.ContainsKey(_nextId))
            _nextId++;
        return _nextId++;
    }
}
