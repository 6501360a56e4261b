using System.Text;
using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Protocol.Etcd;
using KvStore.Protocol.Mvcc;

namespace KvStore.Interop.Tests.Differential;

/// <summary>
/// A watch stream with several watchers that lives as long as the sequence. What it gets is kept per watcher: the events in their
/// order (how they are grouped into responses is each server's own), and how the watcher began and ended.
/// </summary>
internal sealed class WatchLog : IAsyncDisposable
{
    public const string Created = "created";
    public const string Canceled = "canceled";

    private readonly DuplexCall<WatchRequest, WatchResponse> _call;
    private readonly CancellationTokenSource _stop = new();
    private readonly SortedDictionary<long, StringBuilder> _byWatcher = [];
    private readonly Task _reader;
    private long _seenRevision;
    private long _progressRevision;

    public WatchLog(GrpcChannel channel)
    {
        _call = channel.Duplex<WatchRequest, WatchResponse>("/etcdserverpb.Watch/Watch", WatchResponse.Parser, cancellationToken: _stop.Token);
        _reader = Task.Run(ReadAsync);
    }

    public Task CreateAsync(WatchCreateRequest request) => _call.WriteAsync(new WatchRequest { CreateRequest = request });

    public Task CancelAsync(long watcher) => _call.WriteAsync(new WatchRequest { CancelRequest = new WatchCancelRequest { WatchId = watcher } });

    /// <summary>Waits until a watcher of everything has seen a revision, so that all that belongs before it has arrived.</summary>
    public async Task UntilSeenAsync(long revision, TimeSpan limit)
    {
        using var timeout = new CancellationTokenSource(limit);
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (Interlocked.Read(ref _seenRevision) < revision)
            await poll.WaitForNextTickAsync(timeout.Token);
    }

    /// <summary>
    /// Asks for progress until it is told up to a revision: then all watchers of the stream have caught up and have been sent
    /// what belongs to them. A request is dropped, as etcd documents it, while one has not; so it is asked again.
    /// </summary>
    public async Task UntilProgressAsync(long revision, TimeSpan limit)
    {
        using var timeout = new CancellationTokenSource(limit);
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (Interlocked.Read(ref _progressRevision) < revision)
        {
            await _call.WriteAsync(new WatchRequest { ProgressRequest = new WatchProgressRequest() });
            await poll.WaitForNextTickAsync(timeout.Token);
        }
    }

    /// <summary>The same where progress may have to wait for a watcher of the future: not more often than told.</summary>
    public async Task TryUntilProgressAsync(long revision, int attempts)
    {
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        for (var i = 0; i < attempts && Interlocked.Read(ref _progressRevision) < revision; i++)
        {
            await _call.WriteAsync(new WatchRequest { ProgressRequest = new WatchProgressRequest() });
            await poll.WaitForNextTickAsync();
        }
    }

    /// <summary>Waits until the stream was told that a watcher began or ended.</summary>
    public async Task UntilToldAsync(long watcher, string what, TimeSpan limit)
    {
        using var timeout = new CancellationTokenSource(limit);
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!WasTold(watcher, what))
            await poll.WaitForNextTickAsync(timeout.Token);
    }

    public string Transcript()
    {
        lock (_byWatcher)
            return string.Join("\n", _byWatcher.Select(entry => $"watcher {entry.Key}\n{entry.Value}"));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await _reader;
        }
        catch (GrpcException)
        {
            // The stream ends as it must when it is cancelled.
        }

        _call.Dispose();
        _stop.Dispose();
    }

    private async Task ReadAsync()
    {
        while (await _call.MoveNextAsync())
        {
            var response = _call.Current;
            if (response.WatchId == -1 && !response.Created)
            {
                Interlocked.Exchange(ref _progressRevision, response.Header.Revision);
                continue;
            }

            lock (_byWatcher)
                Append(response);
            if (response.Events.Count > 0)
                Interlocked.Exchange(ref _seenRevision, Math.Max(Interlocked.Read(ref _seenRevision), response.Events[^1].Kv.ModRevision));
        }
    }

    private void Append(WatchResponse response)
    {
        if (!_byWatcher.TryGetValue(response.WatchId, out var log))
            _byWatcher.Add(response.WatchId, log = new StringBuilder());
        if (response.Created)
            log.AppendLine(Created);
        foreach (var one in response.Events)
            log.AppendLine(Describe(one));
        if (response.Events.Any(one => one.Kv.ModRevision > response.Header.Revision))
            log.AppendLine("an event after the revision of its header");
        if (response.Canceled)
            log.AppendLine(System.Globalization.CultureInfo.InvariantCulture, $"{Canceled}, compact revision {response.CompactRevision}, reason '{response.CancelReason}'");
    }

    private bool WasTold(long watcher, string what)
    {
        lock (_byWatcher)
            return _byWatcher.TryGetValue(watcher, out var log) && log.ToString().Contains(what, StringComparison.Ordinal);
    }

    private static string Describe(Event one) => $"{one.Type} {one.Kv} before {one.PrevKv}";
}
