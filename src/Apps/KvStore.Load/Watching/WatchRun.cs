using Google.Protobuf;
using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Load.Loops;
using KvStore.Load.Measures;
using KvStore.Load.Workloads;
using KvStore.Protocol.Etcd;

namespace KvStore.Load.Watching;

/// <summary>Watchers that hear every event of a prefix while clients write under it. One run per instance.</summary>
public sealed class WatchRun
{
    private const string Path = "/etcdserverpb.Watch/Watch";

    /// <summary>How often the end of the drain is looked for.</summary>
    private static readonly TimeSpan DrainPoll = TimeSpan.FromMilliseconds(10);

    private readonly WatchPlan _watch;
    private readonly LoadRun _writers;
    private readonly CallOptions _options;
    private readonly TimeProvider _time;
    private long _created;
    private long _delivered;

    /// <param name="watch">The watchers.</param>
    /// <param name="writers">The clients that write; their connections should be others than the watchers'.</param>
    /// <param name="keys">What they write; the prefix is the plan's.</param>
    /// <param name="options">Of all calls.</param>
    public WatchRun(WatchPlan watch, LoadPlan writers, KeySpace keys, CallOptions options)
    {
        _watch = watch;
        _options = options;
        _time = writers.Time;
        Events = new Tally(_time);
        _writers = new LoadRun(new StampedPuts(keys with { Prefix = watch.Prefix }, options, _time), writers);
    }

    /// <summary>Events so far; may be read while the run goes on.</summary>
    public Tally Events { get; }

    public async Task<WatchResult> RunAsync(CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var streams = Open(_watch.Streams, _watch.Channels, ending.Token).Concat(Open(_watch.StuckStreams, _watch.StuckChannels, ending.Token)).ToList();
        try
        {
            var readers = streams.Take(_watch.Streams).Select(stream => Task.Run(() => ReadAsync(stream, ending.Token), CancellationToken.None)).ToArray();
            await CreateAllAsync(streams, readers, cancellationToken).ConfigureAwait(false);
            Events.Begin();
            var puts = await _writers.RunAsync(cancellationToken).ConfigureAwait(false);
            var due = _writers.Tally.Total * _watch.Watchers;
            await DrainAsync(due, cancellationToken).ConfigureAwait(false);
            Events.End();
            await ending.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(readers).ConfigureAwait(false);
            return new WatchResult(Events.Result("watch"), puts, Math.Max(0, due - Interlocked.Read(ref _delivered)));
        }
        finally
        {
            foreach (var stream in streams)
                stream.Dispose();
        }
    }

    private IEnumerable<StreamCall> Open(int count, IReadOnlyList<GrpcChannel> channels, CancellationToken cancellationToken) =>
        Enumerable.Range(0, count).Select(number => channels[number % channels.Count].OpenStream(Path, _options, cancellationToken));

    private async Task CreateAllAsync(List<StreamCall> streams, Task[] readers, CancellationToken cancellationToken)
    {
        var create = new WatchRequest
        {
            CreateRequest = new WatchCreateRequest { Key = ByteString.CopyFromUtf8(_watch.Prefix), RangeEnd = EndOf(_watch.Prefix) },
        }.ToByteArray();
        for (var number = 0; number < _watch.Watchers; number++)
            await streams[number % _watch.Streams].WriteAsync(create, cancellationToken).ConfigureAwait(false);
        foreach (var stuck in streams.Skip(_watch.Streams))
            await stuck.WriteAsync(create, cancellationToken).ConfigureAwait(false);
        while (Interlocked.Read(ref _created) < _watch.Watchers)
        {
            if (readers.FirstOrDefault(reader => reader.IsFaulted) is { } failed)
                await failed.ConfigureAwait(false);
            await Task.Delay(DrainPoll, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task DrainAsync(long due, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        while (Interlocked.Read(ref _delivered) < due && _time.GetElapsedTime(started) < _watch.DrainTime)
            await Task.Delay(DrainPoll, _time, cancellationToken).ConfigureAwait(false);
    }

    private async Task ReadAsync(StreamCall stream, CancellationToken cancellationToken)
    {
        try
        {
            while (await stream.MoveNextAsync(cancellationToken).ConfigureAwait(false))
                Count(stream.Current.Span);
        }
        catch (Exception ended) when (ended is GrpcException or OperationCanceledException && cancellationToken.IsCancellationRequested)
        {
            // the run is over
        }
    }

    private void Count(ReadOnlySpan<byte> message)
    {
        var rest = message;
        var events = 0;
        while (EventStamp.TryRead(ref rest, out var written))
        {
            Events.Succeeded(written, events++ == 0 ? message.Length : 0);
            Interlocked.Increment(ref _delivered);
        }

        if (events == 0 && WatchResponse.Parser.ParseFrom(message) is { } other)
        {
            if (other.Canceled)
                throw new GrpcException(StatusCode.Aborted, $"a watch was cancelled: {other.CancelReason}");
            if (other.Created)
                Interlocked.Increment(ref _created);
        }
    }

    /// <summary>The first key after all with the prefix, whose last byte is not 0xFF.</summary>
    private static ByteString EndOf(string prefix)
    {
        var end = ByteString.CopyFromUtf8(prefix).ToByteArray();
        end[^1]++;
        return ByteString.CopyFrom(end);
    }
}
