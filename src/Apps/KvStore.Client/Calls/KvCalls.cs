using System.Runtime.CompilerServices;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Client;

/// <summary>
/// Keys and values. Each act exists twice: in the words of .NET, and as the message of etcd's API for what those leave out.
/// Thread-safe.
/// </summary>
public sealed class KvCalls
{
    /// <summary>Entries of one page when a whole range is read: large enough that the round trip does not matter, small beside a message's limits.</summary>
    public const int PageEntriesDefault = 1000;

    private const string Service = "/etcdserverpb.KV/";
    private readonly CallSender _sender;
    private readonly KeyPrefix _prefix;

    internal KvCalls(CallSender sender, KeyPrefix prefix)
    {
        _sender = sender;
        _prefix = prefix;
    }

    /// <summary>What the key holds, or null when there is no such key.</summary>
    /// <exception cref="Grpc.GrpcException">The read was refused or nobody answered in time.</exception>
    public async Task<KvEntry?> GetAsync(KvBytes key, ReadOptions? options = null, CancellationToken cancellationToken = default)
    {
        var request = new RangeRequest { Key = key.ToByteString(), Revision = options?.AtRevision.Value ?? 0, Serializable = options?.IsSerializable ?? false };
        var answer = await RangeAsync(request, cancellationToken).ConfigureAwait(false);
        return answer.Kvs.Count == 0 ? null : KvEntry.Of(answer.Kvs[0]);
    }

    /// <summary>What a range of keys holds, in one answer. For ranges of unknown size see <see cref="ReadAllAsync"/>.</summary>
    /// <exception cref="Grpc.GrpcException">The read was refused or nobody answered in time.</exception>
    public async Task<RangeResult> GetRangeAsync(KeyRange range, RangeOptions? options = null, CancellationToken cancellationToken = default)
    {
        var answer = await RangeAsync((options ?? new RangeOptions()).ToRequest(range), cancellationToken).ConfigureAwait(false);
        return RangeResult.Of(answer, new Revision(answer.Header.Revision));
    }

    /// <summary>How many keys there are in a range.</summary>
    /// <exception cref="Grpc.GrpcException">The read was refused or nobody answered in time.</exception>
    public async Task<long> CountAsync(KeyRange range, ReadOptions? options = null, CancellationToken cancellationToken = default)
    {
        var request = new RangeRequest
        {
            Key = range.Key,
            RangeEnd = range.End,
            Revision = options?.AtRevision.Value ?? 0,
            Serializable = options?.IsSerializable ?? false,
            CountOnly = true,
        };
        return (await RangeAsync(request, cancellationToken).ConfigureAwait(false)).Count;
    }

    /// <summary>
    /// A range of keys in the order of their bytes, page by page, all of it as it was at the revision of the first page (or at the
    /// one asked for).
    /// </summary>
    /// <param name="range">The keys.</param>
    /// <param name="options">The revision and whether from this member alone.</param>
    /// <param name="pageEntries">Entries fetched at once.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="Grpc.GrpcException">The read was refused, perhaps since its revision was compacted meanwhile.</exception>
    public async IAsyncEnumerable<KvEntry> ReadAllAsync(
        KeyRange range, ReadOptions? options = null, int pageEntries = PageEntriesDefault, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pageEntries, 1);
        var page = new RangeOptions { AtRevision = options?.AtRevision ?? Revision.Zero, IsSerializable = options?.IsSerializable ?? false, EntriesMax = pageEntries }
            .ToRequest(range);
        while (true)
        {
            var answer = await RangeAsync(page, cancellationToken).ConfigureAwait(false);
            foreach (var kv in answer.Kvs)
                yield return KvEntry.Of(kv);
            if (!answer.More || answer.Kvs.Count == 0)
                yield break;
            page = page.Clone();
            page.Key = KeyRanges.Behind(answer.Kvs[^1].Key);
            page.Revision = page.Revision == 0 ? answer.Header.Revision : page.Revision;
        }
    }

    /// <summary>Sets a key. Never sent twice: when this fails after it was sent, whether the key was set is not known.</summary>
    /// <exception cref="Grpc.GrpcException">It was refused, or (unavailable, deadline exceeded) its outcome is unknown.</exception>
    public async Task<PutResult> PutAsync(KvBytes key, KvBytes value, PutOptions? options = null, CancellationToken cancellationToken = default)
    {
        var answer = await PutAsync(PutOptions.Request(key, value, options), cancellationToken).ConfigureAwait(false);
        return new PutResult(new Revision(answer.Header.Revision), KvEntry.OrNone(answer.PrevKv));
    }

    /// <summary>Deletes keys. Never sent twice, as <see cref="PutAsync(KvBytes, KvBytes, PutOptions?, CancellationToken)"/>.</summary>
    /// <param name="range">The keys; a string means one.</param>
    /// <param name="withPrevious">Returns what they held.</param>
    /// <param name="cancellationToken">Ends the waiting; whether they were deleted is then not known.</param>
    /// <exception cref="Grpc.GrpcException">It was refused, or its outcome is unknown.</exception>
    public async Task<DeleteResult> DeleteAsync(KeyRange range, bool withPrevious = false, CancellationToken cancellationToken = default)
    {
        var request = new DeleteRangeRequest { Key = range.Key, RangeEnd = range.End, PrevKv = withPrevious };
        var answer = await DeleteRangeAsync(request, cancellationToken).ConfigureAwait(false);
        return new DeleteResult(new Revision(answer.Header.Revision), answer.Deleted, KvEntry.All(answer.PrevKvs));
    }

    /// <summary>Begins a transaction: conditions, what to do when all hold, what to do otherwise. Nothing is sent before it is committed.</summary>
    public Transaction Transaction() => new(this);

    /// <summary>Forgets the history before a revision: reads and watches below it are refused from then on.</summary>
    /// <param name="revision">The oldest revision that can be read afterwards.</param>
    /// <param name="isPhysical">Waits until it is gone from the disk, too.</param>
    /// <param name="cancellationToken">Ends the waiting, not the compaction.</param>
    /// <exception cref="Grpc.GrpcException">It was refused, or its outcome is unknown.</exception>
    public Task CompactAsync(Revision revision, bool isPhysical = false, CancellationToken cancellationToken = default) =>
        CompactAsync(new CompactionRequest { Revision = revision.Value, Physical = isPhysical }, cancellationToken);

    /// <summary>Reads keys. Repeated while members are unavailable.</summary>
    public async Task<RangeResponse> RangeAsync(RangeRequest request, CancellationToken cancellationToken = default) =>
        _prefix.Strip(await _sender.ReadAsync(Service + "Range", _prefix.Add(request), RangeResponse.Parser, cancellationToken).ConfigureAwait(false));

    /// <summary>
    /// Reads keys in pieces, for ranges too large for one answer; servers of etcd 3.7 know it. Joined, the pieces are what
    /// <see cref="RangeAsync"/> answers. A stream that breaks is an error: a part of a range is none.
    /// </summary>
    public async IAsyncEnumerable<RangeResponse> RangeStreamAsync(RangeRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var answers = _sender.StreamAsync(Service + "RangeStream", _prefix.Add(request), RangeStreamResponse.Parser, cancellationToken);
        await foreach (var answer in answers.ConfigureAwait(false))
        {
            if (answer.RangeResponse is { } piece)
                yield return _prefix.Strip(piece);
        }
    }

    /// <summary>Sets a key.</summary>
    public async Task<PutResponse> PutAsync(PutRequest request, CancellationToken cancellationToken = default) =>
        _prefix.Strip(await _sender.WriteAsync(Service + "Put", _prefix.Add(request), PutResponse.Parser, cancellationToken).ConfigureAwait(false));

    /// <summary>Deletes keys.</summary>
    public async Task<DeleteRangeResponse> DeleteRangeAsync(DeleteRangeRequest request, CancellationToken cancellationToken = default) =>
        _prefix.Strip(await _sender.WriteAsync(Service + "DeleteRange", _prefix.Add(request), DeleteRangeResponse.Parser, cancellationToken).ConfigureAwait(false));

    /// <summary>Runs a transaction. One that only reads is repeated while members are unavailable.</summary>
    public async Task<TxnResponse> TxnAsync(TxnRequest request, CancellationToken cancellationToken = default)
    {
        var prefixed = _prefix.Add(request);
        var answer = IsReadOnly(request)
            ? _sender.ReadAsync(Service + "Txn", prefixed, TxnResponse.Parser, cancellationToken)
            : _sender.WriteAsync(Service + "Txn", prefixed, TxnResponse.Parser, cancellationToken);
        return _prefix.Strip(await answer.ConfigureAwait(false));
    }

    /// <summary>Forgets the history before a revision.</summary>
    public Task<CompactionResponse> CompactAsync(CompactionRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "Compact", request, CompactionResponse.Parser, cancellationToken);

    internal static bool IsReadOnly(TxnRequest request) => request.Success.Concat(request.Failure).All(IsReadOnly);

    private static bool IsReadOnly(RequestOp operation) => operation.RequestCase switch
    {
        RequestOp.RequestOneofCase.RequestRange => true,
        RequestOp.RequestOneofCase.RequestTxn => IsReadOnly(operation.RequestTxn),
        _ => false,
    };
}
