using KvStore.Node.Messages;
using KvStore.Node.Peers;
using KvStore.Node.Stores;
using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Node.Background;

/// <summary>
/// Snapshots this member receives: one at a time, into a store of its own, which raft is offered once it is whole, checked and
/// durable. Nothing of it is ever used before (D11).
/// </summary>
internal sealed class SnapshotReceipts(
    NodeOptions options, StoreCatalog catalog, PeerPost post, Outbox<ConsensusMessage> consensus, ITraceSink trace)
{
    private readonly SortedDictionary<string, IOrderedStore> _offered = new(StringComparer.Ordinal);
    private SnapshotReceipt? _receipt;
    private (MemberId From, ulong Id) _complete;

    public void OnPart(MemberId from, SnapshotPart part, LogIndex applied, Instant now)
    {
        try
        {
            switch (part)
            {
                case SnapshotPart.Manifest manifest:
                    OnManifest(from, manifest, applied, now);
                    break;
                case SnapshotPart.Chunk chunk:
                    OnChunk(from, chunk, now);
                    break;
                default:
                    break;
            }
        }
        catch (StorageException failed) when (failed.Failure == StorageFailure.NoSpace)
        {
            // What this member has is old, not wrong: it stays, and is sent another snapshot when there may be space again.
            Abandon("no space on the disk");
            post.Send(from, new SnapshotPart.Refused(part.Id));
        }
    }

    public void Tick(Instant now)
    {
        if (_receipt is not null && now >= _receipt.LastProgress + options.SnapshotStallTimeout)
            Abandon("stalled");
    }

    /// <summary>The store of an offered snapshot, which becomes the member's.</summary>
    public IOrderedStore Take(string path)
    {
        var found = _offered.Remove(path, out var store);
        Check.That(found && store is not null, "a snapshot that is adopted was offered");
        return store;
    }

    public void Drop(string path)
    {
        Take(path).Dispose();
        catalog.Discard(path);
    }

    public void Close()
    {
        _receipt?.Store.Dispose();
        foreach (var store in _offered.Values)
            store.Dispose();
    }

    private void OnManifest(MemberId from, SnapshotPart.Manifest manifest, LogIndex applied, Instant now)
    {
        if (_complete == (from, manifest.Id) || manifest.Mark.Index <= applied)
        {
            post.Send(from, new SnapshotPart.Complete(manifest.Id));
            return;
        }

        if (_receipt is { } current && (current.From, current.Id) == (from, manifest.Id))
        {
            post.Send(from, new SnapshotPart.Received(manifest.Id, current.Next));
            return;
        }

        // A later leader's snapshot replaces a half received one; within one term the first goes on.
        if (_receipt is not null && _receipt.Term >= manifest.Term)
        {
            post.Send(from, new SnapshotPart.Refused(manifest.Id));
            return;
        }

        Abandon("replaced by a later leader's");
        var (path, store) = catalog.BeginStore();
        _receipt = new SnapshotReceipt(from, manifest, path, store) { LastProgress = now };
        trace.Emit(new TraceEvent(TraceKind.SnapshotReceiveStarted, from.Value, manifest.Mark.Index.Value));
        post.Send(from, new SnapshotPart.Received(manifest.Id, 0));
    }

    private void OnChunk(MemberId from, SnapshotPart.Chunk chunk, Instant now)
    {
        if (_complete == (from, chunk.Id))
        {
            post.Send(from, new SnapshotPart.Complete(chunk.Id));
            return;
        }

        if (_receipt is not { } receipt || (receipt.From, receipt.Id) != (from, chunk.Id))
        {
            post.Send(from, new SnapshotPart.Refused(chunk.Id));
            return;
        }

        if (chunk.Sequence == receipt.Next)
        {
            receipt.LastProgress = now;
            if (!receipt.TryWrite(chunk))
            {
                Abandon("records do not match their checksum");
                post.Send(from, new SnapshotPart.Refused(chunk.Id));
                return;
            }

            if (chunk.IsLast)
            {
                Finish(receipt);
                return;
            }
        }

        // Also to a chunk that came twice, or after a lost one: the sender learns where to go on.
        post.Send(from, new SnapshotPart.Received(chunk.Id, receipt.Next));
    }

    private void Finish(SnapshotReceipt receipt)
    {
        if (!receipt.TryFinish())
        {
            Abandon("not the snapshot of its manifest");
            post.Send(receipt.From, new SnapshotPart.Refused(receipt.Id));
            return;
        }

        _receipt = null;
        _complete = (receipt.From, receipt.Id);
        _offered.Add(receipt.Path, receipt.Store);
        trace.Emit(new TraceEvent(TraceKind.SnapshotReceiveFinished, receipt.Mark.Index.Value, Detail: ""));
        consensus.Post(ConsensusMessage.Of(new ConsensusEvent.SnapshotArrived(receipt.Mark, receipt.From, receipt.Term, receipt.Path)));
        post.Send(receipt.From, new SnapshotPart.Complete(receipt.Id));
    }

    private void Abandon(string reason)
    {
        if (_receipt is not { } receipt)
            return;
        _receipt = null;
        receipt.Store.Dispose();
        catalog.Discard(receipt.Path);
        trace.Emit(new TraceEvent(TraceKind.SnapshotReceiveFinished, receipt.Mark.Index.Value, Detail: reason));
    }
}
