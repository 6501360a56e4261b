using System.Globalization;
using System.Text;
using Google.Protobuf;
using KvStore.Grpc;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Client;

/// <summary>
/// The line behind locks and elections, as etcd's own client keeps it, so that both stand in one: each waits with a key
/// `name/lease-in-hex` that lives as long as its lease, and first is whoever's key was created first. Each waits for the one just
/// before it, so that an end wakes one and not all.
/// </summary>
/// <remarks>
/// Every act here may be repeated without harm, since the key is its session's alone: entering again finds the place that was
/// taken, and leaving deletes only that place. So, unlike a plain write, it is repeated while members are unavailable.
/// One thing cannot be helped: who gives up while entering is under way may leave before it arrives, and the place then stays
/// until its session is closed. A lock with a session of its own closes it at once.
/// </remarks>
internal sealed class WaitingLine(Session session, KvBytes name)
{
    /// <summary>How long leaving may take for someone who does not wait any more; after that the lease's end has to do.</summary>
    private static readonly TimeSpan LeaveLimit = TimeSpan.FromSeconds(2);

    private readonly KvCalls _kv = session.Client.Kv;
    private readonly KeyRange _line = KeyRange.Prefix(PrefixOf(name));

    private ByteString Key { get; } = ByteString.CopyFrom(
        [.. PrefixOf(name).Span, .. Encoding.ASCII.GetBytes(session.Lease.Value.ToString("x", CultureInfo.InvariantCulture))]);

    /// <summary>What the keys of a line begin with.</summary>
    public static KvBytes PrefixOf(KvBytes name) => KvBytes.FromBytes([.. name.Span, (byte)'/']);

    /// <summary>Takes the last place and waits until it is the first. Who gives up, or fails, leaves the line.</summary>
    public async Task<Place> WaitAsync(KvBytes value, CancellationToken cancellationToken)
    {
        EnterOnce();
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, session.Lost);
        try
        {
            var (place, _) = await EnterAsync(value, waiting.Token).ConfigureAwait(false);
            while (await BeforeAsync(place, waiting.Token).ConfigureAwait(false) is var (predecessor, revision))
                await UntilDeletedAsync(predecessor, revision, waiting.Token).ConfigureAwait(false);
            // The place may have gone while waiting: then whoever was behind it is first by now.
            return await IsThereAsync(place, waiting.Token).ConfigureAwait(false) ? place : throw Gone();
        }
        catch (Exception failed)
        {
            await LeaveAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            if (session.Lost.IsCancellationRequested)
                throw Gone(failed);
            throw;
        }
    }

    /// <summary>Takes the place if it is the first, and none otherwise.</summary>
    public async Task<Place?> TryAsync(KvBytes value, CancellationToken cancellationToken)
    {
        EnterOnce();
        try
        {
            var (place, isFirst) = await EnterAsync(value, cancellationToken).ConfigureAwait(false);
            if (isFirst)
                return place;
            await LeaveAsync().ConfigureAwait(false);
            return null;
        }
        catch
        {
            await LeaveAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Gives the place up. When nobody answers in time it is left to the lease, whose owner has closed it by then or keeps it.
    /// </summary>
    public async Task LeaveAsync()
    {
        using var limit = new CancellationTokenSource(LeaveLimit, session.Client.Options.Time);
        try
        {
            await RepeatAsync(() => _kv.DeleteRangeAsync(new DeleteRangeRequest { Key = Key }, limit.Token), limit.Token).ConfigureAwait(false);
        }
        catch (Exception failed) when (failed is GrpcException or OperationCanceledException or ObjectDisposedException)
        {
            // The lease has the last word.
        }
        finally
        {
            session.Leave(name);
        }
    }

    /// <summary>Repeats an act while members are unavailable.</summary>
    public async Task<T> RepeatAsync<T>(Func<Task<T>> act, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await act().ConfigureAwait(false);
            }
            catch (GrpcException away) when (away.Code == StatusCode.Unavailable)
            {
                await Task.Delay(session.Client.Options.ResumePause, session.Client.Options.Time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public PlaceLostException Gone(Exception? inner = null) =>
        new($"the place in {name} is lost: its key or its session ({session.Lease}) has ended", inner);

    private void EnterOnce()
    {
        if (!session.TryEnter(name))
            throw new InvalidOperationException($"the session stands in {name} already; another one can wait for it");
    }

    private async Task<(Place Place, bool IsFirst)> EnterAsync(KvBytes value, CancellationToken cancellationToken)
    {
        var put = Operation.Put(Key, value, new PutOptions { Lease = session.Lease }).Request;
        var first = Operation.GetRange(_line, new RangeOptions { OrderBy = KeyOrder.CreateRevision, EntriesMax = 1 }).Request;
        var request = new TxnRequest
        {
            Compare = { Condition.Missing(Key).Compare },
            Success = { put, first },
            // A repeated entering finds its own place.
            Failure = { put, first, Operation.Get(Key).Request },
        };
        var answer = await RepeatAsync(() => _kv.TxnAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
        var created = answer.Succeeded ? answer.Header.Revision : answer.Responses[2].ResponseRange.Kvs[0].CreateRevision;
        var head = answer.Responses[1].ResponseRange.Kvs;
        return (new Place(Key, new Revision(created)), head.Count == 0 || head[0].CreateRevision >= created);
    }

    private async Task<(ByteString Key, Revision Seen)?> BeforeAsync(Place place, CancellationToken cancellationToken)
    {
        var request = new RangeRequest
        {
            Key = _line.Key,
            RangeEnd = _line.End,
            SortTarget = RangeRequest.Types.SortTarget.Create,
            SortOrder = RangeRequest.Types.SortOrder.Descend,
            Limit = 1,
            MaxCreateRevision = place.Created.Value - 1,
        };
        var answer = await _kv.RangeAsync(request, cancellationToken).ConfigureAwait(false);
        return answer.Kvs.Count == 0 ? null : (answer.Kvs[0].Key, new Revision(answer.Header.Revision));
    }

    private async Task UntilDeletedAsync(ByteString key, Revision seen, CancellationToken cancellationToken)
    {
        var options = new WatchOptions { From = seen.Next, IgnoresPuts = true };
        try
        {
            await foreach (var batch in session.Client.Watch.WatchAsync(KeyRange.One(key), options, cancellationToken).ConfigureAwait(false))
            {
                if (!batch.IsProgress)
                    return;
            }
        }
        catch (CompactedException)
        {
            // The look at the line that follows tells whether it is still there.
        }
    }

    private async Task<bool> IsThereAsync(Place place, CancellationToken cancellationToken)
    {
        var answer = await _kv.RangeAsync(new RangeRequest { Key = Key }, cancellationToken).ConfigureAwait(false);
        return answer.Kvs is [{ CreateRevision: var created }] && created == place.Created.Value;
    }
}
