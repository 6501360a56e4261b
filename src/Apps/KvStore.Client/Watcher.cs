using System.Runtime.CompilerServices;
using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Protocol.Etcd;

namespace KvStore.Client;

/// <summary>
/// One watch that outlives its connection: when the stream breaks it is opened again at the revision after the last one seen, so
/// that no event is lost and none comes twice. Fragments are not asked for. One reader; progress may be requested by anyone.
/// </summary>
public sealed class Watcher
{
    private readonly CallSender _sender;
    private readonly WatchCreateRequest _request;
    private DuplexCall<WatchRequest, WatchResponse>? _stream;

    internal Watcher(CallSender sender, WatchCreateRequest request)
    {
        _sender = sender;
        _request = request.Clone();
    }

    /// <summary>
    /// The server's answers, the first being the confirmation (`created`). Ends after an answer with `canceled`, which says why:
    /// a compacted start revision, a refused permission.
    /// </summary>
    public async IAsyncEnumerable<WatchResponse> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var confirmed = false;
        var canceled = false;
        while (!canceled)
        {
            using var stream = await OpenAsync(cancellationToken).ConfigureAwait(false);
            while (!canceled && stream is not null && await NextAsync(stream, cancellationToken).ConfigureAwait(false) is { } answer)
            {
                canceled = answer.Canceled;
                if (!Follow(answer) || (answer.Created && !answer.Canceled && confirmed))
                    continue;
                confirmed |= answer.Created;
                yield return answer;
            }

            Volatile.Write(ref _stream, null);
            if (!canceled)
                await Task.Delay(_sender.Options.ResumePause, _sender.Options.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Asks for a progress notification; nothing happens while the stream is being opened again.</summary>
    public async Task RequestProgressAsync(CancellationToken cancellationToken = default)
    {
        if (Volatile.Read(ref _stream) is { } stream)
            await stream.WriteAsync(new WatchRequest { ProgressRequest = new WatchProgressRequest() }, cancellationToken).ConfigureAwait(false);
    }

    private async Task<DuplexCall<WatchRequest, WatchResponse>?> OpenAsync(CancellationToken cancellationToken)
    {
        var stream = await _sender.DuplexAsync<WatchRequest, WatchResponse>("/etcdserverpb.Watch/Watch", WatchResponse.Parser, cancellationToken).ConfigureAwait(false);
        try
        {
            await stream.WriteAsync(new WatchRequest { CreateRequest = _request }, cancellationToken).ConfigureAwait(false);
            Volatile.Write(ref _stream, stream);
            return stream;
        }
        catch (GrpcException failed) when (CallSender.MayResume(failed))
        {
            stream.Dispose();
            return null;
        }
    }

    /// <summary>Null when the stream broke in a way that allows to go on with another.</summary>
    private static async Task<WatchResponse?> NextAsync(DuplexCall<WatchRequest, WatchResponse> stream, CancellationToken cancellationToken)
    {
        try
        {
            return await stream.MoveNextAsync(cancellationToken).ConfigureAwait(false) ? stream.Current : null;
        }
        catch (GrpcException failed) when (CallSender.MayResume(failed))
        {
            return null;
        }
    }

    /// <summary>Moves the start of the next stream behind this answer; false when nothing new is left in it.</summary>
    private bool Follow(WatchResponse answer)
    {
        if (answer.Canceled)
            return true;
        if (answer.Created)
        {
            if (_request.StartRevision == 0)
                _request.StartRevision = answer.Header.Revision + 1;
            return true;
        }

        if (answer.Events.Count == 0)
        {
            // A notification promises that everything up to its revision has been sent.
            _request.StartRevision = Math.Max(_request.StartRevision, answer.Header.Revision + 1);
            return true;
        }

        // A revision is never split over two answers, so an answer is new or old as a whole.
        var last = answer.Events[^1].Kv.ModRevision;
        if (last < _request.StartRevision)
            return false;
        _request.StartRevision = last + 1;
        return true;
    }
}
