using Google.Protobuf;
using Google.Protobuf.Collections;
using KvStore.Client;
using KvStore.Grpc;
using KvStore.Protocol.Etcd;
using KvStore.Protocol.Mvcc;

namespace KvStore.Ctl.Commands.Mirroring;

/// <summary>
/// Keeps the keys of one cluster alike in another: copies them as they were at one revision, then follows every change from the next
/// revision on. What one transaction did at the source is one transaction at the destination, unless it is too large for one there.
/// The mirror has keys and values; revisions are the destination's own, and keys have no leases there. One run; its figures may be
/// read from any thread.
/// </summary>
internal sealed class Mirror(KvClient source, KvClient destination, MirrorPlan plan)
{
    private readonly List<RequestOp> _pending = [];
    private long _pendingBytes;
    private long _total;
    private long _revision;

    /// <summary>Puts and deletes that the destination has confirmed.</summary>
    public long Total => Interlocked.Read(ref _total);

    /// <summary>The source's last revision that the destination has whole; 0 while the copy is not done.</summary>
    public long Revision => Interlocked.Read(ref _revision);

    /// <summary>Ends with an error only: the source's history is gone, somebody refuses, or a signal came.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        var begin = plan.FirstRevision;
        if (plan.CopiesFirst)
        {
            var at = await CopyAsync(stopping).ConfigureAwait(false);
            begin = at + 1;
        }

        await FollowAsync(begin, stopping).ConfigureAwait(false);
    }

    private async Task<long> CopyAsync(CancellationToken stopping)
    {
        var range = KeyRange.Prefix(plan.Prefix.ToByteArray());
        var newest = await source.Kv.RangeAsync(new RangeRequest { Key = range.Key, RangeEnd = range.End, CountOnly = true }, stopping).ConfigureAwait(false);
        var revision = newest.Header.Revision;
        var copied = new ReadOptions { AtRevision = new Primitives.Revision(revision) };
        await foreach (var pair in source.Kv.ReadAllAsync(range, copied, cancellationToken: stopping).ConfigureAwait(false))
            await AddAsync(Put(pair.Key.ToByteString(), pair.Value.ToByteString()), stopping).ConfigureAwait(false);
        await CommitAsync(stopping).ConfigureAwait(false);
        Interlocked.Exchange(ref _revision, revision);
        return revision;
    }

    private async Task FollowAsync(long begin, CancellationToken stopping)
    {
        var range = KeyRange.Prefix(plan.Prefix.ToByteArray());
        var request = new WatchCreateRequest { Key = range.Key, RangeEnd = range.End, StartRevision = begin, Fragment = true };
        await foreach (var answer in source.Watch.Open(request).ReadAllAsync(stopping).ConfigureAwait(false))
        {
            if (answer.CompactRevision != 0)
                throw new CtlException(ExitCode.Error, "etcdserver: mvcc: required revision has been compacted");
            if (answer.Canceled)
                throw new CtlException(ExitCode.Error, answer.CancelReason.Length > 0 ? GoText.Of(answer.CancelReason) : "watch is canceled by the server");
            await ApplyAsync(answer.Events, stopping).ConfigureAwait(false);
        }
    }

    private async Task ApplyAsync(RepeatedField<Event> events, CancellationToken stopping)
    {
        for (var at = 0; at < events.Count; at++)
        {
            var change = events[at];
            await AddAsync(change.Type == Event.Types.EventType.Put ? Put(change.Kv.Key, change.Kv.Value) : Delete(change.Kv.Key), stopping).ConfigureAwait(false);
            if (at + 1 < events.Count && events[at + 1].Kv.ModRevision == change.Kv.ModRevision)
                continue;
            await CommitAsync(stopping).ConfigureAwait(false);
            Interlocked.Exchange(ref _revision, change.Kv.ModRevision);
        }
    }

    private RequestOp Put(ByteString key, ByteString value) => new() { RequestPut = new PutRequest { Key = plan.Renamed(key), Value = value } };

    private RequestOp Delete(ByteString key) => new() { RequestDeleteRange = new DeleteRangeRequest { Key = plan.Renamed(key) } };

    private async Task AddAsync(RequestOp operation, CancellationToken stopping)
    {
        var bytes = operation.CalculateSize();
        if (_pending.Count == plan.TxnOperationsMax || (_pending.Count > 0 && _pendingBytes + bytes > MirrorPlan.TxnBytesMax))
            await CommitAsync(stopping).ConfigureAwait(false);
        _pending.Add(operation);
        _pendingBytes += bytes;
    }

    /// <summary>
    /// Done again when the destination went away in the middle: the same puts and deletes twice leave the same keys, and nobody else
    /// is to write there.
    /// </summary>
    private async Task CommitAsync(CancellationToken stopping)
    {
        if (_pending.Count == 0)
            return;
        var request = new TxnRequest { Success = { _pending } };
        while (true)
        {
            try
            {
                await destination.Kv.TxnAsync(request, stopping).ConfigureAwait(false);
                break;
            }
            catch (GrpcException away) when (away.Code == StatusCode.Unavailable)
            {
                await Task.Delay(destination.Options.ResumePause, destination.Options.Time, stopping).ConfigureAwait(false);
            }
        }

        Interlocked.Add(ref _total, _pending.Count);
        _pending.Clear();
        _pendingBytes = 0;
    }
}
