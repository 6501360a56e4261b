using System.Globalization;
using System.Text;
using Google.Protobuf;
using KvStore.Api.Calls;
using KvStore.Grpc;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;
using KvStore.Protocol.Mvcc;
using StatusCode = KvStore.Grpc.StatusCode;

namespace KvStore.Api.Locks;

/// <summary>
/// Keys that wait for each other, as etcd's clients lay them out: everyone puts `name/lease` once, with its lease; the key with the
/// lowest creation revision is first, the others wait until those before them are gone. Locks and elections are both this, and
/// whoever keeps to the layout takes part, through a server or not.
/// </summary>
internal sealed class WaitingLine(CallerServices services, ByteString name)
{
    /// <summary>The character after '/', the last of every prefix: the end of its range.</summary>
    private const byte AfterSlash = (byte)'/' + 1;

    /// <summary>etcd's time for a session whose caller brings no lease; in seconds.</summary>
    private const long SessionSeconds = 60;

    private readonly ByteString _prefix = ByteString.CopyFrom([.. name.Span, (byte)'/']);
    private readonly ByteString _end = ByteString.CopyFrom([.. name.Span, AfterSlash]);

    /// <summary>The lease that was brought, or a new one for a session of etcd's length.</summary>
    public async ValueTask<LeaseId> LeaseAsync(long brought) =>
        new(brought != 0 ? brought : (await services.GrantAsync(new LeaseGrantRequest { TTL = SessionSeconds }).ConfigureAwait(false)).ID);

    /// <summary>Takes a place at the end, or the place that the lease has already.</summary>
    public async ValueTask<Place> EnterAsync(LeaseId lease, ByteString value)
    {
        var key = KeyOf(lease);
        var answer = await services.TxnAsync(new TxnRequest
        {
            Compare = { CreatedAt(key, 0) },
            Success = { new RequestOp { RequestPut = new PutRequest { Key = key, Value = value, Lease = lease.Value } } },
            Failure = { new RequestOp { RequestRange = new RangeRequest { Key = key } } },
        }).ConfigureAwait(false);
        var present = answer.Succeeded ? null : answer.Responses[0].ResponseRange.Kvs[0];
        return new Place(key, new Revision(present?.CreateRevision ?? answer.Header.Revision), present?.Value ?? value, answer.Header);
    }

    /// <summary>
    /// Waits until nobody is before the place, then looks whether it is still there: a lease may have expired meanwhile, and then
    /// somebody else may be first (L12). Null: the place is lost. A wait that fails gives the place up, as etcd's clients do.
    /// </summary>
    public async ValueTask<ResponseHeader?> UntilFirstAsync(Place place)
    {
        try
        {
            var waited = false;
            while (await LastBeforeAsync(place).ConfigureAwait(false) is { } other)
            {
                waited = true;
                await UntilDeletedAsync(other.Key, other.At).ConfigureAwait(false);
            }

            if (!waited)
                return place.Header;
            var own = await services.RangeAsync(new RangeRequest { Key = place.Key }).ConfigureAwait(false);
            return own.Kvs.Count > 0 && own.Kvs[0].CreateRevision == place.CreatedAt.Value ? own.Header : null;
        }
        catch (Exception failed) when (failed is OperationCanceledException or GrpcException { Code: not StatusCode.Unavailable })
        {
            // With the server itself going away the lease keeps the place: the caller comes back to it through another member.
            await LeaveAsync(place.Key, place.CreatedAt).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Puts a new value while the place is the same; null when it is not.</summary>
    public async ValueTask<ResponseHeader?> ChangeAsync(ByteString key, Revision createdAt, ByteString value, LeaseId lease)
    {
        var answer = await services.TxnAsync(new TxnRequest
        {
            Compare = { CreatedAt(key, createdAt.Value) },
            Success = { new RequestOp { RequestPut = new PutRequest { Key = key, Value = value, Lease = lease.Value } } },
        }).ConfigureAwait(false);
        return answer.Succeeded ? answer.Header : null;
    }

    /// <summary>Gives the place up; a place that is lost already is no error.</summary>
    public async ValueTask<ResponseHeader> LeaveAsync(ByteString key, Revision createdAt)
    {
        var answer = await services.TxnAsync(new TxnRequest
        {
            Compare = { CreatedAt(key, createdAt.Value) },
            Success = { new RequestOp { RequestDeleteRange = new DeleteRangeRequest { Key = key } } },
        }).ConfigureAwait(false);
        return answer.Header;
    }

    /// <summary>Who is first, with the header of the answer.</summary>
    public async ValueTask<(KeyValue? First, ResponseHeader Header)> FirstAsync()
    {
        var answer = await services.RangeAsync(new RangeRequest
        {
            Key = _prefix,
            RangeEnd = _end,
            SortTarget = RangeRequest.Types.SortTarget.Create,
            SortOrder = RangeRequest.Types.SortOrder.Ascend,
            Limit = 1,
        }).ConfigureAwait(false);
        return (answer.Kvs.Count > 0 ? answer.Kvs[0] : null, answer.Header);
    }

    /// <summary>Changes of all places from a revision on.</summary>
    public IAsyncEnumerable<WatchResponse> WatchAllAsync(long from) =>
        services.WatchAsync(new WatchCreateRequest { Key = _prefix, RangeEnd = _end, StartRevision = from });

    private ByteString KeyOf(LeaseId lease) =>
        ByteString.CopyFrom([.. _prefix.Span, .. Encoding.ASCII.GetBytes(lease.Value.ToString("x", CultureInfo.InvariantCulture))]);

    private async ValueTask<(ByteString Key, long At)?> LastBeforeAsync(Place place)
    {
        services.Caller.ThrowIfCancellationRequested();
        var answer = await services.RangeAsync(new RangeRequest
        {
            Key = _prefix,
            RangeEnd = _end,
            SortTarget = RangeRequest.Types.SortTarget.Create,
            SortOrder = RangeRequest.Types.SortOrder.Descend,
            Limit = 1,
            MaxCreateRevision = place.CreatedAt.Value - 1,
        }).ConfigureAwait(false);
        return answer.Kvs.Count > 0 ? (answer.Kvs[0].Key, answer.Header.Revision) : null;
    }

    /// <summary>Also returns when the watch falls behind a compaction: the caller looks again anyway.</summary>
    private async ValueTask UntilDeletedAsync(ByteString key, long from)
    {
        await foreach (var answer in services.WatchAsync(new WatchCreateRequest { Key = key, StartRevision = from }).ConfigureAwait(false))
        {
            if (answer.Events.Any(change => change.Type == Event.Types.EventType.Delete) || answer.CompactRevision > 0)
                return;
            if (answer.Canceled)
                throw new GrpcException(StatusCode.Unknown, answer.CancelReason);
        }
    }

    private static Compare CreatedAt(ByteString key, long revision) => new()
    {
        Key = key,
        Target = Compare.Types.CompareTarget.Create,
        Result = Compare.Types.CompareResult.Equal,
        CreateRevision = revision,
    };
}
