using System.Runtime.CompilerServices;
using KvStore.Grpc;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Client;

/// <summary>
/// A watch that the server has confirmed: nothing that happens from now on is missed, whatever happens to connections and members
/// meanwhile. One reader; progress may be requested from another thread. Disposing ends it.
/// </summary>
public sealed class KeyWatch : IAsyncDisposable
{
    private readonly Watcher _watcher;
    private readonly CancellationTokenSource _closing;
    private readonly IAsyncEnumerator<WatchResponse> _answers;
    private Task<bool>? _step;

    private KeyWatch(Watcher watcher, CancellationTokenSource closing, IAsyncEnumerator<WatchResponse> answers)
    {
        _watcher = watcher;
        _closing = closing;
        _answers = answers;
    }

    /// <summary>The store's revision when the watch was confirmed. Without a start of its own it sees what comes after it.</summary>
    public Revision ConfirmedAt { get; private set; }

    internal static async Task<KeyWatch> StartAsync(Watcher watcher, CancellationToken cancellationToken)
    {
        var closing = new CancellationTokenSource();
        var watch = new KeyWatch(watcher, closing, watcher.ReadAllAsync(closing.Token).GetAsyncEnumerator(CancellationToken.None));
        try
        {
            var confirmation = await watch.NextAsync(cancellationToken).ConfigureAwait(false);
            watch.ConfirmedAt = new Revision(confirmation.Header.Revision);
            return watch;
        }
        catch
        {
            await watch.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Waits for the next batch. Cancelling it ends the waiting; the watch goes on and the next read loses nothing.</summary>
    /// <exception cref="CompactedException">The watch is too far behind, or began too early: its revision has been compacted.</exception>
    /// <exception cref="GrpcException">The server has ended the watch for good, for instance since the permission was taken away.</exception>
    public async ValueTask<WatchBatch> ReadAsync(CancellationToken cancellationToken = default) =>
        WatchBatch.Of(await NextAsync(cancellationToken).ConfigureAwait(false));

    /// <summary>All batches, until the token or an exception ends it: the same as calling <see cref="ReadAsync"/> for ever.</summary>
    public async IAsyncEnumerable<WatchBatch> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (true)
            yield return await ReadAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Asks the server how far it is; it answers with a batch without events once everything before has been sent. While the watch is
    /// moving to another member nothing is asked.
    /// </summary>
    public Task RequestProgressAsync(CancellationToken cancellationToken = default) => _watcher.RequestProgressAsync(cancellationToken);

    /// <summary>Ends the watch.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        try
        {
            await (_step ?? Task.CompletedTask).ConfigureAwait(false);
        }
        catch (Exception ended) when (ended is OperationCanceledException or GrpcException)
        {
            // The read in flight ends with the watch.
        }

        await _answers.DisposeAsync().ConfigureAwait(false);
        _closing.Dispose();
    }

    private async ValueTask<WatchResponse> NextAsync(CancellationToken cancellationToken)
    {
        // A read that was given up leaves its step behind for the next one, so that cancelling a read loses nothing.
        _step ??= _answers.MoveNextAsync().AsTask();
        var moved = await _step.WaitAsync(cancellationToken).ConfigureAwait(false);
        _step = null;
        ObjectDisposedException.ThrowIf(!moved, this);
        var answer = _answers.Current;
        return answer.Canceled ? throw Why(answer) : answer;
    }

    private static Exception Why(WatchResponse answer)
    {
        if (answer.CompactRevision != 0)
            return new CompactedException(new Revision(answer.CompactRevision));
        var code = answer.CancelReason.Contains("permission denied", StringComparison.Ordinal) ? StatusCode.PermissionDenied : StatusCode.FailedPrecondition;
        return new GrpcException(code, answer.CancelReason.Length > 0 ? answer.CancelReason : "etcdserver: watch canceled");
    }
}
