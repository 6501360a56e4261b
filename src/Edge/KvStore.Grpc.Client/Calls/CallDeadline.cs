namespace KvStore.Grpc.Client;

/// <summary>When a call ends at the latest: the caller's token and its timeout, told apart afterwards.</summary>
internal sealed class CallDeadline : IDisposable
{
    private readonly CancellationToken _caller;
    private readonly CancellationTokenSource _ended;
    private readonly CancellationTokenSource? _timer;
    private readonly TimeProvider _time;
    private readonly long _started;
    private readonly TimeSpan? _timeout;

    public CallDeadline(TimeSpan? timeout, TimeProvider time, CancellationToken caller)
    {
        _caller = caller;
        _time = time;
        _timeout = timeout;
        _started = time.GetTimestamp();
        if (timeout is { } limit)
            _timer = new CancellationTokenSource(limit < TimeSpan.Zero ? TimeSpan.Zero : limit, time);
        _ended = CancellationTokenSource.CreateLinkedTokenSource(caller, _timer?.Token ?? default);
        Token = _ended.Token;
    }

    /// <summary>Also after the end: what is still on its way when a call is disposed finds it cancelled.</summary>
    public CancellationToken Token { get; }

    public bool HasPassed => _timer is { IsCancellationRequested: true } && !_caller.IsCancellationRequested;

    public bool IsCanceled => _caller.IsCancellationRequested || _ended.IsCancellationRequested;

    public TimeSpan? Remaining
    {
        get
        {
            if (_timeout is not { } timeout)
                return null;
            var left = timeout - _time.GetElapsedTime(_started);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>Ends the call from our side.</summary>
    public void Cancel() => _ended.Cancel();

    public void Dispose()
    {
        _timer?.Dispose();
        _ended.Dispose();
    }
}
