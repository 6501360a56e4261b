using System.Runtime.CompilerServices;
using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Protocol.Etcd;

namespace KvStore.Client;

/// <summary>
/// One watch that outlives its connection: when the stream breaks it is opened again at the revision after the last one seen, so
/// that no event is lost and none comes twice. Fragments, when asked for, are joined. One reader; progress may be requested
/// from another thread.
/// </summary>
public sealed class Watcher
{
    private readonly CallSender _sender;
    private readonly KeyPrefix _prefix;
    private readonly WatchCreateRequest _request;
    private readonly bool _requiresLeader;
    private DuplexCall<WatchRequest, WatchResponse>? _stream;
    private string? _token;
    private bool _isTokenRefused;

    internal Watcher(CallSender sender, KeyPrefix prefix, WatchCreateRequest request, bool requiresLeader)
    {
        _sender = sender;
        _prefix = prefix;
        _request = prefix.Add(request);
        _requiresLeader = requiresLeader;
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
                yield return _prefix.Strip(answer);
            }

            Volatile.Write(ref _stream, null);
            if (!canceled)
                await _sender.PauseAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Asks for a progress notification; nothing happens while the stream is being opened again. One asks at a time.</summary>
    public async Task RequestProgressAsync(CancellationToken cancellationToken = default)
    {
        if (Volatile.Read(ref _stream) is not { } stream)
            return;
        try
        {
            await stream.WriteAsync(new WatchRequest { ProgressRequest = new WatchProgressRequest() }, cancellationToken).ConfigureAwait(false);
        }
        catch (GrpcException failed) when (MayOpenAnother(failed))
        {
            // The reader finds out by itself and moves on.
        }
    }

    private async Task<DuplexCall<WatchRequest, WatchResponse>?> OpenAsync(CancellationToken cancellationToken)
    {
        DuplexCall<WatchRequest, WatchResponse>? stream = null;
        try
        {
            _token = _isTokenRefused
                ? await _sender.Token.RenewAsync(_token, cancellationToken).ConfigureAwait(false)
                : await _sender.Token.CurrentAsync(cancellationToken).ConfigureAwait(false);
            stream = _sender.Duplex<WatchRequest, WatchResponse>(
                "/etcdserverpb.Watch/Watch", WatchResponse.Parser, _token, _requiresLeader, cancellationToken);
            await stream.WriteAsync(new WatchRequest { CreateRequest = _request }, cancellationToken).ConfigureAwait(false);
            Volatile.Write(ref _stream, stream);
            return stream;
        }
        catch (GrpcException failed) when (MayOpenAnother(failed))
        {
            stream?.Dispose();
            return null;
        }
    }

    /// <summary>The next whole answer; null when the stream broke in a way that allows to go on with another.</summary>
    private async Task<WatchResponse?> NextAsync(DuplexCall<WatchRequest, WatchResponse> stream, CancellationToken cancellationToken)
    {
        WatchResponse? begun = null;
        try
        {
            while (await stream.MoveNextAsync(cancellationToken).ConfigureAwait(false))
            {
                var piece = stream.Current;
                if (piece.Canceled && MayRenewToken(piece.CancelReason))
                    return null;
                _isTokenRefused &= piece.Canceled;
                begun = Joined(begun, piece);
                if (!begun.Fragment)
                    return begun;
            }

            return null;
        }
        catch (GrpcException failed) when (MayOpenAnother(failed))
        {
            // Pieces that came already are dropped: the next stream begins with the revision they belong to.
            return null;
        }
    }

    private static WatchResponse Joined(WatchResponse? begun, WatchResponse piece)
    {
        if (begun is null)
            return piece;
        begun.Events.Add(piece.Events);
        begun.Fragment = piece.Fragment;
        return begun;
    }

    private bool MayOpenAnother(GrpcException failed) => CallSender.MayResume(failed) || MayRenewToken(failed.Message);

    /// <summary>A refused token is replaced once; refused again, the refusal is the answer.</summary>
    private bool MayRenewToken(string refusal)
    {
        if (_isTokenRefused || !_sender.Token.Mends(refusal, _token))
            return false;
        _isTokenRefused = true;
        return true;
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
