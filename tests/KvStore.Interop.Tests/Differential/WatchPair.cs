using Google.Protobuf;
using KvStore.Grpc.Client;
using KvStore.Protocol.Etcd;

namespace KvStore.Interop.Tests.Differential;

/// <summary>
/// The same watchers on both servers, created and cancelled while the sequence runs: with and without filters and previous
/// values, from now, from the past and from the future. A second stream has those that are refused or compacted away: etcd
/// tells no progress on a stream that ever had one (by design 5).
/// </summary>
internal sealed class WatchPair : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly WatchLog _expected;
    private readonly WatchLog _actual;
    private readonly WatchLog _expectedRefused;
    private readonly WatchLog _actualRefused;
    private readonly List<long> _alive = [];
    private bool _isOpen;
    private int _steps;

    public WatchPair(GrpcChannel expected, GrpcChannel actual)
    {
        _expected = new WatchLog(expected);
        _actual = new WatchLog(actual);
        _expectedRefused = new WatchLog(expected);
        _actualRefused = new WatchLog(actual);
    }

    public async Task StepAsync(RequestGenerator generator)
    {
        await OpenAsync();
        _steps++;
        if (_steps % 4 == 0)
        {
            var refused = Refused(generator);
            await _expectedRefused.CreateAsync(refused);
            await _actualRefused.CreateAsync(refused.Clone());
            if (refused.WatchId != _steps || refused.StartRevision >= generator.Compacted)
                return;
            // It is told the compaction it meets: the next one must not come in between.
            await _expectedRefused.UntilToldAsync(_steps, WatchLog.Canceled, Patience);
            await _actualRefused.UntilToldAsync(_steps, WatchLog.Canceled, Patience);
        }
        else if (_steps % 6 == 1 && _alive.Count > 3)
            await CancelAsync(generator);
        else
        {
            var watch = Watcher(generator, _steps);
            _alive.Add(_steps);
            await _expected.CreateAsync(watch);
            await _actual.CreateAsync(watch.Clone());
            // "From now" is the same revision on both only when both have begun before the next request.
            await _expected.UntilToldAsync(_steps, WatchLog.Created, Patience);
            await _actual.UntilToldAsync(_steps, WatchLog.Created, Patience);
        }
    }

    /// <summary>Until all watchers of both servers have been sent everything up to a revision.</summary>
    public async Task UntilCaughtUpAsync(long revision)
    {
        await OpenAsync();
        // The revision of an empty store, which no event has.
        if (revision <= 1)
            return;
        await Task.WhenAll(CatchUpAsync(_expected), CatchUpAsync(_actual));

        async Task CatchUpAsync(WatchLog log)
        {
            await log.UntilSeenAsync(revision, Patience);
            // A watcher that waits for a later revision holds the progress of its stream back; the others are given the time.
            await log.TryUntilProgressAsync(revision, attempts: 20);
        }
    }

    /// <summary>
    /// Puts until the watchers of future revisions have begun; from then on everything must arrive on both sides, and progress
    /// must be told.
    /// </summary>
    public async Task CompareAsync(RequestGenerator generator, Func<Task<long>> putAsync)
    {
        for (var i = 0; i <= RequestGenerator.FutureRevisionsMax; i++)
            generator.Revision = await putAsync();
        await _expected.UntilSeenAsync(generator.Revision, Patience);
        await _actual.UntilSeenAsync(generator.Revision, Patience);
        await _expected.UntilProgressAsync(generator.Revision, Patience);
        await _actual.UntilProgressAsync(generator.Revision, Patience);
        AssertEqual(_expected, _actual);
        await UntilRefusedEqualAsync();
        AssertEqual(_expectedRefused, _actualRefused);
    }

    public async ValueTask DisposeAsync()
    {
        await _expected.DisposeAsync();
        await _actual.DisposeAsync();
        await _expectedRefused.DisposeAsync();
        await _actualRefused.DisposeAsync();
    }

    private async Task OpenAsync()
    {
        if (_isOpen)
            return;
        _isOpen = true;
        var everything = new WatchCreateRequest { Key = ByteString.CopyFrom(0), RangeEnd = ByteString.CopyFrom(0), PrevKv = true, StartRevision = 2 };
        await _expected.CreateAsync(everything);
        await _actual.CreateAsync(everything.Clone());
    }

    /// <summary>There is no progress to wait for on that stream; what is missing after a while is a difference.</summary>
    private async Task UntilRefusedEqualAsync()
    {
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        for (var i = 0; i < 100 && _expectedRefused.Transcript() != _actualRefused.Transcript(); i++)
            await poll.WaitForNextTickAsync();
    }

    private async Task CancelAsync(RequestGenerator generator)
    {
        await UntilCaughtUpAsync(generator.Revision);
        var victim = _alive[0];
        _alive.RemoveAt(0);
        await _expected.CancelAsync(victim);
        await _actual.CancelAsync(victim);
        // Nobody has this one: no answer.
        await _expected.CancelAsync(7777);
        await _actual.CancelAsync(7777);
        await _expected.UntilToldAsync(victim, WatchLog.Canceled, Patience);
        await _actual.UntilToldAsync(victim, WatchLog.Canceled, Patience);
    }

    /// <summary>Names the watcher and the first line that differs; whole transcripts are megabytes.</summary>
    private static void AssertEqual(WatchLog expected, WatchLog actual)
    {
        var (left, right) = (expected.Transcript().Split('\n'), actual.Transcript().Split('\n'));
        for (var i = 0; i < Math.Max(left.Length, right.Length); i++)
        {
            var (want, got) = (i < left.Length ? left[i] : "(end)", i < right.Length ? right[i] : "(end)");
            if (want == got)
                continue;
            var watcher = left.Take(i).LastOrDefault(line => line.StartsWith("watcher ", StringComparison.Ordinal));
            Assert.Fail($"{watcher}, line {i}, after {(i > 0 ? left[i - 1] : "")}\netcd: {want}\nours: {got}");
        }
    }

    private static WatchCreateRequest Watcher(RequestGenerator generator, int number)
    {
        var watch = new WatchCreateRequest { WatchId = number, PrevKv = number % 2 == 0, Fragment = number % 5 == 1, ProgressNotify = number % 5 == 2 };
        if (number % 3 == 0)
            watch.Key = generator.Key();
        else
            (watch.Key, watch.RangeEnd) = generator.Interval(isOrdered: true);
        if (watch.Key == watch.RangeEnd)
            watch.RangeEnd = ByteString.Empty;
        watch.StartRevision = (number % 7) switch
        {
            0 or 1 => 0,
            2 or 3 or 4 => generator.Compacted + 1,
            5 => generator.Revision,
            _ => generator.Revision + RequestGenerator.FutureRevisionsMax,
        };
        if (number % 5 == 0)
            watch.Filters.Add(WatchCreateRequest.Types.FilterType.Noput);
        if (number % 9 == 0)
            watch.Filters.Add(WatchCreateRequest.Types.FilterType.Nodelete);
        return watch;
    }

    private WatchCreateRequest Refused(RequestGenerator generator) => (_steps / 4 % 4) switch
    {
        0 => new WatchCreateRequest { Key = generator.Key(), StartRevision = Math.Max(1, generator.Compacted - 1), WatchId = _steps },
        1 => new WatchCreateRequest { Key = ByteString.CopyFromUtf8("b"), RangeEnd = ByteString.CopyFromUtf8("a") },
        2 => new WatchCreateRequest { Key = generator.Key(), StartRevision = -1 },
        _ => new WatchCreateRequest { Key = ByteString.CopyFromUtf8("never"), WatchId = 4 },
    };
}
