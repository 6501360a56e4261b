using KvStore.Client;
using KvStore.Grpc;
using KvStore.Protocol.Etcd;

namespace KvStore.Ctl.Commands.Checks;

/// <summary>
/// Puts keys that nobody has, at a rate or as fast as answers come, until a time or a number is reached. A latency counts from when a
/// put was sent. One run; <see cref="Done"/> may be read from any thread.
/// </summary>
internal sealed class PutRun(IReadOnlyList<KvClient> clients, CheckKeys keys, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly List<double> _seconds = [];
    private readonly SortedDictionary<string, long> _errors = new(StringComparer.Ordinal);
    private long _begun;
    private long _nextTurn;

    /// <summary>Puts per second of all clients; null without a limit.</summary>
    public double? PutsPerSecond { get; init; }

    /// <summary>Ends when this time is over; null for a run by number.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>Ends after so many puts; null for a run by time.</summary>
    public long? Total { get; init; }

    /// <summary>Puts that were answered, well or not.</summary>
    public long Done
    {
        get
        {
            lock (_lock)
                return _seconds.Count + _errors.Values.Sum();
        }
    }

    public async Task<PutMeasures> RunAsync(CancellationToken stopping)
    {
        var started = time.GetTimestamp();
        _nextTurn = started;
        var end = Duration is { } duration ? started + Ticks(duration.TotalSeconds) : long.MaxValue;
        await Task.WhenAll(clients.Select(client => Task.Run(() => ClientAsync(client, end, stopping), CancellationToken.None))).ConfigureAwait(false);
        stopping.ThrowIfCancellationRequested();
        return PutMeasures.Of(_seconds, _errors, time.GetElapsedTime(started));
    }

    private async Task ClientAsync(KvClient client, long end, CancellationToken stopping)
    {
        while (TakeTurn(end) is { } turn)
        {
            try
            {
                if (time.GetElapsedTime(time.GetTimestamp(), turn) is var wait && wait > TimeSpan.Zero)
                    await Task.Delay(wait, time, stopping).ConfigureAwait(false);
                var request = new PutRequest { Key = keys.Next(), Value = keys.Value };
                var sent = time.GetTimestamp();
                await client.Kv.PutAsync(request, stopping).ConfigureAwait(false);
                var took = time.GetElapsedTime(sent).TotalSeconds;
                lock (_lock)
                    _seconds.Add(took);
            }
            catch (Exception ended) when (stopping.IsCancellationRequested && ended is OperationCanceledException or GrpcException)
            {
                return;
            }
            catch (GrpcException failed)
            {
                lock (_lock)
                    _errors[ErrorText.Of(failed)] = _errors.GetValueOrDefault(ErrorText.Of(failed)) + 1;
            }
        }
    }

    /// <summary>When the next put is due; null when there is none. Turns that nobody could take are lost, as with a bucket of one token.</summary>
    private long? TakeTurn(long end)
    {
        lock (_lock)
        {
            if (Total is { } total && _begun == total)
                return null;
            var turn = Math.Max(_nextTurn, time.GetTimestamp());
            if (turn >= end)
                return null;
            _begun++;
            _nextTurn = PutsPerSecond is { } rate ? turn + Ticks(1 / rate) : turn;
            return turn;
        }
    }

    private long Ticks(double seconds) => (long)(seconds * time.TimestampFrequency);
}
