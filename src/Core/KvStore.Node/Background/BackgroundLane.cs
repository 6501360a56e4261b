using KvStore.Node.Messages;
using KvStore.Node.Stores;
using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Node.Background;

/// <summary>
/// The Background lane: work that takes long and may wait, in slices. It makes the store durable and says how far (N-1), sends and
/// receives snapshots, hashes the key space, and closes stores that were replaced.
/// </summary>
internal sealed class BackgroundLane : ILaneHandler<BackgroundMessage>
{
    private readonly NodeOptions _options;
    private readonly ITraceSink _trace;
    private readonly StoreCatalog _catalog;
    private readonly BackgroundOutboxes _to;
    private readonly SnapshotSends _sends;
    private readonly SnapshotReceipts _receipts;
    private readonly KeyValueHashes _hashes;
    private readonly StoreCopies _copies;
    private readonly List<(OpenStore Store, int TicksLeft)> _replaced = [];
    private OpenStore _store;
    private ILane<BackgroundMessage>? _self;
    private LogIndex _applied;
    private LogIndex _flushed;
    private long _unflushedBytes;
    private Instant _now;
    private Instant _flushDue;
    private bool _continues;

    public BackgroundLane(
        NodeOptions options, ITraceSink trace, StoreCatalog catalog, OpenStore store, BackgroundOutboxes to, SnapshotSends sends, SnapshotReceipts receipts, KeyValueHashes hashes,
        StoreCopies copies)
    {
        _options = options;
        _trace = trace;
        _catalog = catalog;
        _store = store;
        _to = to;
        _sends = sends;
        _receipts = receipts;
        _hashes = hashes;
        _copies = copies;
    }

    /// <summary>Once, before the lanes start.</summary>
    public void Attach(ILane<BackgroundMessage> self) => _self = self;

    public void Handle(ReadOnlySpan<BackgroundMessage> batch)
    {
        foreach (var message in batch)
            Handle(message);
        _sends.Advance(_now);
        _hashes.Advance(_options.HashRevisionsMax);
        if (_hashes.HasWork && !_continues)
            _continues = _self!.TryPost(BackgroundMessage.Continue.Next);
        _to.Consensus.Flush();
        _to.Apply.Flush();
    }

    /// <summary>After the lanes have ended: closes what is half done. It is in the catalog and goes at the next start.</summary>
    public void Close()
    {
        _sends.Close();
        _receipts.Close();
        _hashes.Close();
        _copies.Close();
        foreach (var (store, _) in _replaced)
            store.Store.Dispose();
    }

    private void Handle(BackgroundMessage message)
    {
        switch (message)
        {
            case BackgroundMessage.Tick tick:
                Tick(tick.Now);
                break;
            case BackgroundMessage.Applied applied:
                OnApplied(applied);
                break;
            case BackgroundMessage.SendSnapshot send:
                _sends.Begin(send.To, send.Term, _store.Store, _now);
                break;
            case BackgroundMessage.SnapshotFrame frame:
                if (!_sends.OnPart(frame.From, frame.Part, _now))
                    _receipts.OnPart(frame.From, frame.Part, _applied, _now);
                break;
            case BackgroundMessage.DropSnapshot drop:
                _receipts.Drop(drop.Path);
                break;
            case BackgroundMessage.AdoptSnapshot adopt:
                Adopt(adopt);
                break;
            case BackgroundMessage.StoreReplaced replaced:
                _replaced.Add((replaced.Before, GraceTicks()));
                _store = replaced.Now;
                break;
            case BackgroundMessage.HashKeyValues hash:
                _hashes.Add(hash.Request, hash.At, _store.Mvcc);
                break;
            case BackgroundMessage.CopyStore copy:
                _copies.Make(copy.Request, copy.Copy, _store);
                break;
            case BackgroundMessage.GiveBackCopy done:
                _copies.GiveBack(done.Copy);
                break;
            case BackgroundMessage.Continue:
                _continues = false;
                break;
            default:
                Check.Broken("every message to the Background lane has a handler");
                break;
        }
    }

    private void Tick(Instant now)
    {
        _now = now;
        if (now >= _flushDue)
            Flush();
        _sends.Tick(now, _store.Store);
        _receipts.Tick(now);
        CloseReplaced();
    }

    private void OnApplied(BackgroundMessage.Applied applied)
    {
        _applied = applied.Index;
        _unflushedBytes += applied.Bytes;
        if (_unflushedBytes >= _options.FlushAfterBytes || (_applied > _flushed && _applied - _flushed >= _options.FlushAfterEntries))
            Flush();
    }

    private void Flush()
    {
        _flushDue = _now + _options.FlushInterval;
        // What the store contains at least: batches up to it were written before the flush began.
        var index = _applied;
        if (index <= _flushed)
            return;
        _store.Store.Flush();
        _flushed = index;
        _unflushedBytes = 0;
        _trace.Emit(new TraceEvent(TraceKind.StoreFlushed, index.Value));
        _to.Consensus.Post(ConsensusMessage.Of(new ConsensusEvent.StoreFlushed(index)));
    }

    /// <summary>The point of no return (C10): before the catalog is replaced a restart finds the old store, afterwards the new one.</summary>
    private void Adopt(BackgroundMessage.AdoptSnapshot adopt)
    {
        var store = _receipts.Take(adopt.Path);
        _catalog.Adopt(adopt.Path, (adopt.Mark.Index, adopt.Mark.Term));
        _applied = adopt.Mark.Index;
        _flushed = adopt.Mark.Index;
        _unflushedBytes = 0;
        _to.Apply.Post(new ApplyMessage.InstallSnapshot(adopt.Mark, adopt.Path, store));
    }

    private int GraceTicks() => (int)(_options.OldStoreGrace / _options.TickInterval);

    private void CloseReplaced()
    {
        for (var i = _replaced.Count - 1; i >= 0; i--)
        {
            var (store, ticksLeft) = _replaced[i];
            _replaced[i] = (store, ticksLeft - 1);
            // Ticks and not time: a call that was about to open a view when the process was stopped gets its grace afterwards.
            if (ticksLeft > 0 || store.Mvcc.HasOpenViews)
                continue;
            store.Store.Dispose();
            _catalog.Discard(store.Path);
            _replaced.RemoveAt(i);
        }
    }
}
