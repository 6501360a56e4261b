using KvStore.Mvcc;
using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Node.Watch;

/// <summary>
/// The Watch lane: tells every watcher of every stream the events of its range, in order, each once, none left out, those of
/// one revision together.
/// </summary>
/// <remarks>
/// Invariants.
/// WA-1 A synced watcher has been sent every event up to the lane's revision, a lagging one every event below its cursor; so a
///      progress notification may be written exactly when the watchers it speaks of are synced (W2).
/// WA-2 A watcher gets nothing, neither event nor progress, below its start (W4).
/// WA-3 A stream without credit costs a cursor for each of its watchers and nothing else (W8).
/// WA-4 The lane's revision moves only forward; a gap in the commits makes synced watchers lagging, it is never jumped over.
/// </remarks>
public sealed class WatchLane : ILaneHandler<WatchMessage>
{
    // etcd's words, without the prefix that other errors have (mvcc/watcher.go).
    private static ReadOnlySpan<byte> EmptyRange => "mvcc: watcher range is empty"u8;
    private static ReadOnlySpan<byte> DuplicateId => "mvcc: duplicate watch ID provided on the WatchStream"u8;
    private static ReadOnlySpan<byte> NegativeStart => "etcdserver: mvcc: required revision has been compacted"u8;
    private static ReadOnlySpan<byte> TooManyWatchers => "etcdserver: too many requests"u8;

    private readonly WatchOptions _options;
    private readonly ITraceSink _trace;
    private readonly Dictionary<WatchStreamId, WatchStream> _streams = [];
    private readonly WatchIndex _index;
    private readonly EventDelivery _delivery;
    private readonly LaggingWatchers _lagging;
    private readonly List<WatchStream> _progressRequests = [];
    private readonly List<Watcher> _overtaken = [];
    private readonly List<WatchStream> _over = [];
    private IWatchHistory _history;
    private ILane<WatchMessage>? _self;
    private Revision _revision;
    private Revision _revisionAtLastTick;
    private Instant _now;
    private int _watchers;
    private bool _catchUpIsPosted;
    private volatile WatchStatistics _statistics = WatchStatistics.Empty;

    public WatchLane(IWatchHistory history, WatchOptions options, ITraceSink trace)
    {
        _history = history;
        _options = options;
        _trace = trace;
        _revision = history.Current;
        _index = new WatchIndex(options.Prng);
        _delivery = new EventDelivery(_index, options);
        _lagging = new LaggingWatchers(_delivery, options);
    }

    /// <summary>Any thread; as of the last tick.</summary>
    public WatchStatistics Statistics => _statistics;

    /// <summary>The lane this handler serves, so that it can ask to be called again. Once, before the lanes start.</summary>
    public void Attach(ILane<WatchMessage> self) => _self = self;

    public void Handle(ReadOnlySpan<WatchMessage> batch)
    {
        foreach (ref readonly var message in batch)
            Handle(message);
        if (_lagging.CanAdvance)
            AdvanceLagging();
        AnswerProgressRequests();
        if (_lagging.CanAdvance && !_catchUpIsPosted)
            _catchUpIsPosted = _self is not null && _self.TryPost(WatchMessage.CatchUp());
    }

    private void Handle(in WatchMessage message)
    {
        switch (message.Kind)
        {
            case WatchMessageKind.Committed:
                OnCommitted(message.Batch!);
                break;
            case WatchMessageKind.OpenStream:
                Open(message.Stream, message.Sink!);
                break;
            case WatchMessageKind.Tick:
                Tick(message.Now);
                break;
            case WatchMessageKind.StoreReplaced:
                OnStoreReplaced(message.History!);
                break;
            case WatchMessageKind.CatchUp:
                _catchUpIsPosted = false;
                break;
            default:
                // A stream that closed meanwhile gets no answer; nobody would read it.
                if (_streams.TryGetValue(message.Stream, out var stream))
                    Handle(stream, message);
                break;
        }
    }

    private void Handle(WatchStream stream, in WatchMessage message)
    {
        switch (message.Kind)
        {
            case WatchMessageKind.CreateWatcher:
                Create(stream, message.Request!);
                break;
            case WatchMessageKind.CancelWatcher:
                Cancel(stream, message.WatchId);
                break;
            case WatchMessageKind.RequestProgress:
                RequestProgress(stream);
                break;
            case WatchMessageKind.Credit:
                stream.ReturnCredit(message.Frames, message.Bytes);
                _lagging.Wake(stream);
                break;
            case WatchMessageKind.CloseStream:
                Close(stream);
                break;
            default:
                Check.Broken("every kind of watch message has a handler");
                break;
        }
    }

    private void OnCommitted(CommittedBatch batch)
    {
        // Read from history already, after a gap or from a snapshot.
        if (batch.After <= _revision)
            return;
        if (batch.Before != _revision)
        {
            FallBehind(batch.After);
            return;
        }

        _revision = batch.After;
        if (_watchers > _lagging.Count)
            Deliver(batch.Events);
    }

    private void Deliver(ReadOnlyMemory<WatchEvent> events)
    {
        var laggingBefore = _lagging.Count;
        using var past = new PassHistory(_history);
        var sequence = new EventSequence(events, past);
        _delivery.Begin();
        _delivery.Distribute(events.Span, includeAll: true);
        foreach (var range in _delivery.Ranges)
        {
            // Backwards: a watcher that becomes lagging is replaced in the list by the last, which has had its turn.
            for (var i = range.Synced.Count - 1; i >= 0; i--)
            {
                var watcher = range.Synced[i];
                if (!_delivery.TryDeliver(watcher, sequence, _revision, out var unsent))
                    _lagging.Add(watcher, unsent);
            }
        }

        _delivery.End();
        TraceLagging(laggingBefore);
    }

    /// <summary>Events up to a revision exist that the lane was not told of: every synced watcher reads them from history.</summary>
    private void FallBehind(Revision revision)
    {
        var laggingBefore = _lagging.Count;
        var missed = _revision.Next;
        _revision = revision;
        foreach (var stream in _streams.Values)
        {
            foreach (var watcher in stream.Watchers.Values)
            {
                var next = watcher.Next > missed ? watcher.Next : missed;
                if (watcher.IsSynced && next <= revision)
                    _lagging.Add(watcher, next);
            }
        }

        TraceLagging(laggingBefore);
    }

    /// <summary>W5: watchers go on where they are; what the snapshot skipped they read from the new store, or are told it is compacted.</summary>
    private void OnStoreReplaced(IWatchHistory history)
    {
        _history = history;
        var current = history.Current;
        Check.That(current >= _revision, "a snapshot is never older than what was applied");
        if (current > _revision)
            FallBehind(current);
    }

    private void AdvanceLagging()
    {
        _lagging.AdvanceSlice(_history, _revision, _overtaken, out var compacted);
        foreach (var watcher in _overtaken)
        {
            var stream = watcher.Stream;
            Remove(watcher);
            // etcd leaves the header's revision zero here: the watcher has seen nothing up to any current revision.
            stream.Send(new WatchFrame(Revision.Zero, WatchHead.Compacted(watcher.Id, compacted), default, 0));
        }

        _overtaken.Clear();
    }

    private void Open(WatchStreamId id, IWatchStreamSink sink)
    {
        var stream = new WatchStream(id, sink, _options);
        PlanProgress(stream);
        _streams.Add(id, stream);
    }

    private void Close(WatchStream stream)
    {
        foreach (var watcher in stream.Watchers.Values)
            Detach(watcher);
        stream.Watchers.Clear();
        stream.Close();
        _streams.Remove(stream.Id);
        if (stream.ProgressRequested)
            _progressRequests.Remove(stream);
    }

    private void Create(WatchStream stream, WatcherRequest request)
    {
        // The store may already be further than the messages that came here. "From now on" means after everything published.
        var current = _history.Current;
        if (current < _revision)
            current = _revision;
        var isRange = KeyRange.TryNormalize(request.Key.Span, request.RangeEnd.Span, out var range);
        if (request.Start < Revision.Zero)
            Refuse(stream, current, NegativeStart);
        else if (request.Refusal is { } reason)
            Refuse(stream, current, System.Text.Encoding.UTF8.GetBytes(reason));
        else if (!isRange)
            Refuse(stream, current, EmptyRange);
        else if (request.WatchId != 0 && stream.Watchers.ContainsKey(request.WatchId))
            Refuse(stream, current, DuplicateId);
        else if (_watchers >= _options.WatchersMax)
            Refuse(stream, current, TooManyWatchers);
        else
            Add(stream, request, range, current);
    }

    private void Add(WatchStream stream, WatcherRequest request, in KeyRange range, Revision current)
    {
        var isFromNow = request.Start == Revision.Zero;
        var watcher = new Watcher(request.WatchId != 0 ? request.WatchId : stream.NextFreeId(), stream, request)
        {
            Next = isFromNow ? current.Next : request.Start,
            ProgressFrom = isFromNow ? current : request.Start,
            ProgressArmed = true,
        };
        stream.Watchers.Add(watcher.Id, watcher);
        stream.ProgressWatchers += watcher.WantsProgress ? 1 : 0;
        _index.Add(watcher, range);
        _watchers++;
        stream.Send(new WatchFrame(current, WatchHead.Created(watcher.Id), default, 0));
        if (watcher.Next > _revision)
            watcher.Range.AddSynced(watcher);
        else
            _lagging.Add(watcher, watcher.Next);
    }

    private static void Refuse(WatchStream stream, Revision current, ReadOnlySpan<byte> reason) =>
        stream.Send(new WatchFrame(current, WatchHead.Refused(reason), default, 0));

    private void Cancel(WatchStream stream, long watchId)
    {
        if (!stream.Watchers.TryGetValue(watchId, out var watcher))
            return;
        Remove(watcher);
        stream.Send(new WatchFrame(_revision, WatchHead.Canceled(watchId), default, 0));
    }

    private void Remove(Watcher watcher)
    {
        Detach(watcher);
        watcher.Stream.Watchers.Remove(watcher.Id);
        watcher.Stream.ProgressWatchers -= watcher.WantsProgress ? 1 : 0;
    }

    private void Detach(Watcher watcher)
    {
        if (watcher.IsSynced)
            watcher.Range.RemoveSynced(watcher);
        else
            _lagging.Remove(watcher);
        _index.Remove(watcher);
        _watchers--;
    }

    /// <summary>
    /// etcd drops a request that comes while a watcher of the stream is behind, and clients ask again; here it is answered as
    /// soon as it may be (W3). Several waiting requests get one answer.
    /// </summary>
    private void RequestProgress(WatchStream stream)
    {
        if (stream.ProgressRequested || stream.Watchers.Count == 0)
            return;
        stream.ProgressRequested = true;
        _progressRequests.Add(stream);
    }

    private void AnswerProgressRequests()
    {
        for (var i = _progressRequests.Count - 1; i >= 0; i--)
        {
            var stream = _progressRequests[i];
            if (!IsComplete(stream))
                continue;
            if (stream.Watchers.Count > 0)
                stream.Send(new WatchFrame(_revision, WatchHead.Of(WatchHead.NoWatcher), default, 0) { IsProgress = true });
            stream.ProgressRequested = false;
            _progressRequests.RemoveAt(i);
        }
    }

    private bool IsComplete(WatchStream stream)
    {
        if (stream.Lagging.Count > 0)
            return false;
        foreach (var watcher in stream.Watchers.Values)
        {
            if (watcher.ProgressFrom > _revision)
                return false;
        }

        return true;
    }

    private void Tick(Instant now)
    {
        _now = now;
        if (_revision == _revisionAtLastTick && _history.Current is var current && current > _revision)
            FallBehind(current);
        _revisionAtLastTick = _revision;
        long framesInFlight = 0, bytesInFlight = 0;
        foreach (var stream in _streams.Values)
        {
            if (stream.IsOver)
            {
                _over.Add(stream);
                continue;
            }

            framesInFlight += stream.FramesInFlight;
            bytesInFlight += stream.BytesInFlight;
            if (now >= stream.ProgressDue)
                NotifyProgress(stream);
        }

        foreach (var stream in _over)
            Close(stream);
        _over.Clear();
        _statistics = new WatchStatistics(
            _streams.Count, _watchers, _lagging.Count, _index.Count, _delivery.EventsSent, framesInFlight, bytesInFlight);
    }

    private void NotifyProgress(WatchStream stream)
    {
        PlanProgress(stream);
        if (stream.ProgressWatchers == 0)
            return;
        foreach (var watcher in stream.Watchers.Values)
        {
            if (!watcher.WantsProgress)
                continue;
            if (watcher.ProgressArmed && watcher.IsSynced && watcher.ProgressFrom <= _revision && stream.HasCredit)
                stream.Send(new WatchFrame(_revision, watcher.Head, default, 0) { IsProgress = true });
            watcher.ProgressArmed = true;
        }
    }

    /// <summary>Up to a tenth later than asked, so that streams opened together do not all speak together; as etcd does.</summary>
    private void PlanProgress(WatchStream stream)
    {
        var spread = _options.Prng.Between(0, _options.ProgressInterval.Ticks / 10);
        stream.ProgressDue = _now + _options.ProgressInterval + TimeSpan.FromTicks(spread);
    }

    private void TraceLagging(int before)
    {
        if (_lagging.Count > before)
            _trace.Emit(new TraceEvent(TraceKind.WatchersLagging, (ulong)(_lagging.Count - before)));
    }
}
