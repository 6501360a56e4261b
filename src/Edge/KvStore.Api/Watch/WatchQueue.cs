using System.Threading.Tasks.Sources;
using KvStore.Node.Watch;

namespace KvStore.Api.Watch;

/// <summary>
/// The frames of one stream on their way from the Watch lane to the writer of the connection. One lane writes, one task reads.
/// Bounded by the credit the lane keeps for events, and by the reader of requests, who waits while it is long.
/// </summary>
internal sealed class WatchQueue : IWatchStreamSink, IValueTaskSource
{
    private readonly Lock _lock = new();
    private readonly Queue<WatchFrame> _frames = new();
    private ManualResetValueTaskSourceCore<bool> _arrival = new() { RunContinuationsAsynchronously = true };
    private bool _isWaitedFor;
    private bool _isClosed;

    public int Count
    {
        get
        {
            lock (_lock)
                return _frames.Count;
        }
    }

    public bool TryWrite(in WatchFrame frame)
    {
        bool wakes;
        lock (_lock)
        {
            if (_isClosed)
                return false;
            _frames.Enqueue(frame);
            wakes = _isWaitedFor;
            _isWaitedFor = false;
        }

        if (wakes)
            _arrival.SetResult(true);
        return true;
    }

    public bool TryRead(out WatchFrame frame)
    {
        lock (_lock)
            return _frames.TryDequeue(out frame);
    }

    /// <summary>Completes when there is a frame, or at the end. One waiter at a time.</summary>
    public ValueTask WaitAsync()
    {
        lock (_lock)
        {
            if (_frames.Count > 0 || _isClosed)
                return ValueTask.CompletedTask;
            _arrival.Reset();
            _isWaitedFor = true;
            return new ValueTask(this, _arrival.Version);
        }
    }

    /// <summary>Takes no more frames and lets go of those it has.</summary>
    public void Close()
    {
        bool wakes;
        lock (_lock)
        {
            _isClosed = true;
            _frames.Clear();
            wakes = _isWaitedFor;
            _isWaitedFor = false;
        }

        if (wakes)
            _arrival.SetResult(true);
    }

    void IValueTaskSource.GetResult(short token) => _arrival.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _arrival.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _arrival.OnCompleted(continuation, state, token, flags);
}
