using KvStore.Node.Messages;
using KvStore.Node.Peers;
using KvStore.Node.Stores;
using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Node.Background;

/// <summary>The snapshots this leader sends: a few at a time, the others wait. Each request of raft is answered once.</summary>
internal sealed class SnapshotSends(
    NodeOptions options, StoreCatalog catalog, PeerPost post, Outbox<ConsensusMessage> consensus, ITraceSink trace, ulong firstId)
{
    private readonly List<(MemberId To, Term Term)> _waiting = [];
    private readonly SortedDictionary<MemberId, Instant> _notBefore = [];
    private readonly List<SnapshotSend> _active = [];
    private ulong _id = firstId;

    public void Begin(MemberId to, Term term, IOrderedStore store, Instant now)
    {
        _waiting.Add((to, term));
        Start(store, now);
    }

    /// <summary>An answer of a receiver. False: the part is not for a sender.</summary>
    public bool OnPart(MemberId from, SnapshotPart part, Instant now)
    {
        if (part is not (SnapshotPart.Received or SnapshotPart.Complete or SnapshotPart.Refused))
            return false;
        // An answer to a transfer that is over is late, not wrong.
        if (_active.Find(send => send.To == from && send.Id == part.Id) is { } send)
            send.OnAnswer(part, now);
        return true;
    }

    /// <summary>Sends what the windows allow, and ends what is done or stalled.</summary>
    public void Advance(Instant now)
    {
        for (var i = _active.Count - 1; i >= 0; i--)
        {
            var send = _active[i];
            send.Advance(now);
            if (send.IsOver)
                End(i, now);
        }
    }

    public void Tick(Instant now, IOrderedStore store)
    {
        foreach (var send in _active)
            send.Tick(now);
        Start(store, now);
    }

    public void Close()
    {
        foreach (var send in _active)
            send.Close();
    }

    private void Start(IOrderedStore store, Instant now)
    {
        for (var i = 0; i < _waiting.Count && _active.Count < options.SnapshotSendsMax;)
        {
            var (to, term) = _waiting[i];
            if (_notBefore.TryGetValue(to, out var due) && now < due)
            {
                i++;
                continue;
            }

            _waiting.RemoveAt(i);
            // A copy of the store of its own: the live one goes on, and may be replaced meanwhile.
            if (catalog.TryCopy(store) is not { } copy)
            {
                Report(to, LogIndex.Zero, "no space on the disk for a copy of the store", now);
                continue;
            }

            var send = new SnapshotSend(++_id, to, term, copy.Path, copy.Store, options, post);
            trace.Emit(new TraceEvent(TraceKind.SnapshotSendStarted, to.Value, send.Mark.Index.Value));
            _active.Add(send);
        }
    }

    private void End(int at, Instant now)
    {
        var send = _active[at];
        _active.RemoveAt(at);
        send.Close();
        catalog.Discard(send.Path);
        Report(send.To, send.Mark.Index, send.IsDelivered ? "" : "not delivered", now);
    }

    private void Report(MemberId to, LogIndex index, string failure, Instant now)
    {
        if (failure.Length == 0)
            _notBefore.Remove(to);
        else
            _notBefore[to] = now + options.SnapshotRetryInterval;
        trace.Emit(new TraceEvent(TraceKind.SnapshotSendFinished, to.Value, index.Value, Detail: failure));
        consensus.Post(ConsensusMessage.Of(new ConsensusEvent.SnapshotSendFinished(to, index, Delivered: failure.Length == 0)));
    }
}
