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
    private readonly DuplexCall<WatchRequest, WatchResponse> _call;
    private readonly CancellationTokenSource _stop = new();
    private readonly SortedDictionary<long, StringBuilder> _byWatcher = [];
    private readonly Task _reader;
    private long _seenRevision;

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
            log.AppendLine("created");
        foreach (var one in response.Events)
            log.AppendLine(Describe(one));
        if (response.Canceled)
            log.AppendLine(System.Globalization.CultureInfo.InvariantCulture, $"canceled, compact revision {response.CompactRevision}, reason '{response.CancelReason}'");
    }

    private static string Describe(Event one) => $"{one.Type} {one.Kv} before {one.PrevKv}";
}
