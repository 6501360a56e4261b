namespace KvStore.Grpc.Server;

/// <summary>
/// Calls of one connection that wait for a thread. The web server begins to hold a call when its head is read and queues it; calls
/// that are opened and reset as fast as a wire allows (CVE-2023-44487) would fill that queue, which all connections
/// share: thirty such connections were seen to delay an honest client by 12 s and to hold 900 MiB. So nothing more is read
/// while too many wait; TCP then slows the sender down.
/// </summary>
/// <remarks>One reader opens and waits; any thread begins.</remarks>
internal sealed class CallBacklog(int max, TimeProvider time)
{
    /// <summary>Calls that the web server turned away itself never begin; after so long they are believed to be such.</summary>
    private static readonly TimeSpan _forgivenAfter = TimeSpan.FromSeconds(5);

    private int _opened;
    private int _begun;
    private TaskCompletionSource? _waiting;

    public bool IsFull => _opened - Volatile.Read(ref _begun) >= max;

    public void OnOpened() => _opened++;

    public void OnBegun()
    {
        Interlocked.Increment(ref _begun);
        if (Volatile.Read(ref _waiting) is { } waiting && !IsFull)
            waiting.TrySetResult();
    }

    /// <summary>Completes when there is room again.</summary>
    public async ValueTask UntilRoomAsync(CancellationToken cancellationToken)
    {
        var room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Exchange(ref _waiting, room);
        try
        {
            // The last of them may have begun before it could see that somebody waits.
            if (IsFull)
                await room.Task.WaitAsync(_forgivenAfter, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            Interlocked.Exchange(ref _begun, _opened);
        }
        finally
        {
            Volatile.Write(ref _waiting, null);
        }
    }
}
