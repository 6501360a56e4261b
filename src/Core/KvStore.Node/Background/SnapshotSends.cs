using KvStore.Node.Messages;
using KvStore.Node.Peers;
using KvStore.Node.Stores;
using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Node.Background;

/// <summary>The snapshots this leader sends: a few at a time, the others wait. Each request of raft is answered once.</summary>
internal sealed class SnapshotSends(
    NodeOptions options, IOrderedStoreProvider stores, StoreCatalog catalog, PeerPost post, Outbox<ConsensusMessage> consensus, ITraceSink trace, ulong firstId)
{
    private readonly Queue<(MemberId To, Term Term)> _waiting = new();
    private readonly List<SnapshotSend> _active = [];
    private ulong _id = firstId;

    public void Begin(MemberId to, Term term, IOrderedStore store)
    {
        _waiting.Enqueue((to, term));
        Start(store);
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
                End(i);
        }
    }

    public void Tick(Instant now, IOrderedStore store)
    {
        foreach (var send in _active)
            send.Tick(now);
        Start(store);
    }

    public void Close()
    {
        foreach (var send in _active)
            send.Close();
    }

    private void Start(IOrderedStore store)
    {
        while (_active.Count < options.SnapshotSendsMax && _waiting.TryDequeue(out var next))
        {
            // A copy of the store of its own: the live one goes on, and may be replaced meanwhile.
            var path = catalog.Begin();
            store.Checkpoint(path);
            var send = new SnapshotSend(++_id, next.To, next.Term, path, stores.Open(path), options, post);
            trace.Emit(new TraceEvent(TraceKind.SnapshotSendStarted, next.To.Value, send.Mark.Index.Value));
            _active.Add(send);
        }
    }

    private void End(int at)
    {
        var send = _active[at];
        _active.RemoveAt(at);
        send.Close();
        catalog.Discard(send.Path);
        var detail = send.IsDelivered ? "" : "not delivered";
        trace.Emit(new TraceEvent(TraceKind.SnapshotSendFinished, send.To.Value, send.Mark.Index.Value, Detail: detail));
        consensus.Post(ConsensusMessage.Of(new ConsensusEvent.SnapshotSendFinished(send.To, send.Mark.Index, send.IsDelivered)));
    }
}
