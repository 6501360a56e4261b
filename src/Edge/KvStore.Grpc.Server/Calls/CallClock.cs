using Microsoft.AspNetCore.Http;

namespace KvStore.Grpc.Server;

/// <summary>
/// The token of one call: the caller's going away, its deadline and the server's stopping, joined. Made only for calls whose
/// handler asks for the token. Disposed by the room when the call has ended; late triggers then find nothing to do.
/// </summary>
internal sealed class CallClock : IDisposable
{
    private readonly CancellationTokenSource? _joined;
    private readonly CancellationTokenRegistration _aborted;
    private readonly CancellationTokenRegistration _stopping;
    private readonly ITimer? _deadline;
    private bool _isTimeOver;

    public CallClock(HttpContext http, GrpcRoomOptions options, TimeSpan? remaining, bool stopsWithServer)
    {
        var stopping = stopsWithServer ? options.Stopping : default;
        if (remaining is null && !stopping.CanBeCanceled)
        {
            Token = http.RequestAborted;
            return;
        }

        // Never disposed: a source without a wait handle holds nothing, and a trigger may come later than the call's end.
        _joined = new CancellationTokenSource();
        Token = _joined.Token;
        _aborted = http.RequestAborted.UnsafeRegister(Cancel, _joined);
        if (stopping.CanBeCanceled)
            _stopping = stopping.UnsafeRegister(Cancel, _joined);
        if (remaining is { } left)
            _deadline = options.Time.CreateTimer(static clock => ((CallClock)clock!).EndTime(), this, left, System.Threading.Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether the timer of the deadline has fired: it counts coarser than the clock, and may be a moment before it.</summary>
    public bool IsTimeOver => Volatile.Read(ref _isTimeOver);

    public CancellationToken Token { get; }

    public void Dispose()
    {
        _deadline?.Dispose();
        _aborted.Dispose();
        _stopping.Dispose();
    }

    private void EndTime()
    {
        Volatile.Write(ref _isTimeOver, true);
        _joined!.Cancel();
    }

    private static void Cancel(object? source) => ((CancellationTokenSource)source!).Cancel();
}
