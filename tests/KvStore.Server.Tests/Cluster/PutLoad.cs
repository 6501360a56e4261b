using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Google.Protobuf;
using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Protocol.Etcd;

namespace KvStore.Server.Tests.Cluster;

/// <summary>
/// Writers that put keys of their own at a common rate and keep book: what was acknowledged, at which revision, and the longest
/// time in which nobody's put was acknowledged. Loads one after the other bear names, so that their keys differ. A put that failed is never repeated: its outcome is unknown and not in the book.
/// </summary>
internal sealed class PutLoad(GrpcChannel channel, int writers, int putsPerSecond, string run = "") : IDisposable
{
    /// <summary>An attempt is given up after this time, so that a writer stuck on a dead leader tries the next member.</summary>
    private static readonly TimeSpan AttemptLimit = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, long> _acknowledged = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private long _lastAcknowledgement = Stopwatch.GetTimestamp();
    private long _longestGap;
    private long _failures;
    private Task[] _tasks = [];

    /// <summary>Keys whose put was acknowledged, with the revision of the answer.</summary>
    public IReadOnlyDictionary<string, long> Acknowledged => _acknowledged;

    public long Failures => Interlocked.Read(ref _failures);

    public void Start() => _tasks = [.. Enumerable.Range(0, writers).Select(writer => Task.Run(() => WriteAsync(writer)))];

    /// <summary>The longest gap since the last call of this method, the one still open included.</summary>
    public TimeSpan TakeLongestGap()
    {
        var open = Stopwatch.GetElapsedTime(Interlocked.Read(ref _lastAcknowledgement));
        var longest = TimeSpan.FromTicks(Interlocked.Exchange(ref _longestGap, 0));
        return open > longest ? open : longest;
    }

    /// <summary>Waits until so many more puts have been acknowledged.</summary>
    public async Task UntilAcknowledgedAsync(int more, TimeSpan limit)
    {
        using var timeout = new CancellationTokenSource(limit);
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        var goal = _acknowledged.Count + more;
        while (_acknowledged.Count < goal)
            await poll.WaitForNextTickAsync(timeout.Token);
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_tasks);
    }

    public void Dispose() => _stop.Dispose();

    private async Task WriteAsync(int writer)
    {
        var interval = TimeSpan.FromSeconds((double)writers / putsPerSecond);
        using var pace = new PeriodicTimer(interval);
        for (var n = 0; !_stop.IsCancellationRequested; n++)
        {
            var key = string.Create(CultureInfo.InvariantCulture, $"writer/{run}{writer:d3}/{n:d7}");
            try
            {
                var request = new PutRequest { Key = ByteString.CopyFromUtf8(key), Value = ByteString.CopyFromUtf8(key) };
                var answer = await channel.UnaryAsync("/etcdserverpb.KV/Put", request, PutResponse.Parser, new CallOptions { Timeout = AttemptLimit });
                Record(key, answer.Header.Revision);
            }
            catch (GrpcException)
            {
                Interlocked.Increment(ref _failures);
            }

            try
            {
                await pace.WaitForNextTickAsync(_stop.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private void Record(string key, long revision)
    {
        _acknowledged[key] = revision;
        var gap = Stopwatch.GetElapsedTime(Interlocked.Exchange(ref _lastAcknowledgement, Stopwatch.GetTimestamp())).Ticks;
        for (var longest = Interlocked.Read(ref _longestGap); gap > longest;)
        {
            var seen = Interlocked.CompareExchange(ref _longestGap, gap, longest);
            if (seen == longest)
                break;
            longest = seen;
        }
    }
}
