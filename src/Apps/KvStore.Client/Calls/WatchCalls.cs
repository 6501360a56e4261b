using System.Runtime.CompilerServices;
using KvStore.Protocol.Etcd;

namespace KvStore.Client;

/// <summary>Watching keys. Thread-safe; each watch has one reader.</summary>
public sealed class WatchCalls
{
    private readonly CallSender _sender;
    private readonly KeyPrefix _prefix;

    internal WatchCalls(CallSender sender, KeyPrefix prefix)
    {
        _sender = sender;
        _prefix = prefix;
    }

    /// <summary>
    /// Starts a watch and waits until the server has confirmed it: what happens after this returns is seen. The watch outlives
    /// connections and members; it goes on after the last revision seen.
    /// </summary>
    /// <param name="range">The keys; a string means one.</param>
    /// <param name="options">Where to begin and what to leave away.</param>
    /// <param name="cancellationToken">Ends the starting, not the watch.</param>
    /// <exception cref="Grpc.GrpcException">The server refuses the watch, for instance for want of permission.</exception>
    public Task<KeyWatch> StartAsync(KeyRange range, WatchOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new WatchOptions();
        var request = new WatchCreateRequest
        {
            Key = range.Key,
            RangeEnd = range.End,
            StartRevision = options.From.Value,
            PrevKv = options.WithPrevious,
            ProgressNotify = options.WithProgress,
            // A revision too large for one message comes in pieces, which the watcher joins; otherwise it would come as one message
            // beyond every limit of the transports between.
            Fragment = true,
        };
        if (options.IgnoresPuts)
            request.Filters.Add(WatchCreateRequest.Types.FilterType.Noput);
        if (options.IgnoresDeletes)
            request.Filters.Add(WatchCreateRequest.Types.FilterType.Nodelete);
        return KeyWatch.StartAsync(Open(request, options.RequiresLeader), cancellationToken);
    }

    /// <summary>
    /// The changes of keys, as they happen, until the token ends it. Nothing is sent before the first read, so give a revision to
    /// begin with, or use <see cref="StartAsync"/>, where that matters.
    /// </summary>
    /// <exception cref="CompactedException">The watch is too far behind, or began too early: its revision has been compacted.</exception>
    /// <exception cref="Grpc.GrpcException">The server has ended the watch for good.</exception>
    public async IAsyncEnumerable<WatchBatch> WatchAsync(
        KeyRange range, WatchOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var watch = await StartAsync(range, options, cancellationToken).ConfigureAwait(false);
        await using (watch.ConfigureAwait(false))
        {
            while (true)
                yield return await watch.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Prepares a watch in the words of etcd's API; nothing is sent before it is read.</summary>
    /// <param name="request">What is watched.</param>
    /// <param name="requiresLeader">Moves to another member when this one loses sight of a leader.</param>
    public Watcher Open(WatchCreateRequest request, bool requiresLeader = false) => new(_sender, _prefix, request, requiresLeader);
}
