using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace KvStore.Grpc.Server;

/// <summary>
/// What an HTTP/2 client sends, no faster than its calls are begun, and up to one ping too many. There the input ends for the web server, which then says goodbye;
/// <see cref="GuardedOutput"/> puts the reason in its place. One reader at a time, as of any pipe.
/// </summary>
internal sealed class GuardedInput(PipeReader input, ClientPings pings, CallBacklog backlog, FrameExit exit) : PipeReader
{
    private const int PrefaceBytes = 24;

    private FrameWalker _walker = new(PrefaceBytes);

    /// <summary>Bytes at the start of what is unread that were looked at before.</summary>
    private long _seen;

    private ReadOnlySequence<byte> _given;

    public override bool TryRead(out ReadResult result)
    {
        if (!input.TryRead(out result))
            return false;
        result = Judge(result);
        return true;
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (backlog.IsFull)
            return ReadWhenRoomAsync(cancellationToken);
        var read = input.ReadAsync(cancellationToken);
        return read.IsCompletedSuccessfully ? ValueTask.FromResult(Judge(read.Result)) : JudgeAsync(read);
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _seen -= _given.Slice(0, consumed).Length;
        input.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => input.CancelPendingRead();

    public override void Complete(Exception? exception = null) => input.Complete(exception);

    private async ValueTask<ReadResult> ReadWhenRoomAsync(CancellationToken cancellationToken)
    {
        await backlog.UntilRoomAsync(cancellationToken).ConfigureAwait(false);
        return Judge(await input.ReadAsync(cancellationToken).ConfigureAwait(false));
    }

    // Once for each read of a busy connection: no new state machine each time.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadResult> JudgeAsync(ValueTask<ReadResult> read) => Judge(await read.ConfigureAwait(false));

    private ReadResult Judge(in ReadResult read)
    {
        _given = read.Buffer;
        if (exit.IsAskedFor)
            return Ended(read);
        foreach (var segment in _given.Slice(_seen))
        {
            var bytes = segment.Span;
            while (_walker.TryNext(ref bytes, out var frame))
            {
                if (frame.Type == FrameHead.Headers && frame.Stream > pings.LastStream)
                    backlog.OnOpened();
                if (!pings.OnRead(frame))
                {
                    exit.AskFor(pings.LastStream);
                    return Ended(read);
                }

                if (backlog.IsFull)
                    return UpTo(read, _seen + segment.Length - bytes.Length);
            }

            _seen += segment.Length;
        }

        return read;
    }

    /// <summary>The rest comes with the next read, when there is room.</summary>
    private ReadResult UpTo(in ReadResult read, long bytes)
    {
        _seen = bytes;
        if (bytes == _given.Length)
            return read;
        _given = _given.Slice(0, bytes);
        return new ReadResult(_given, read.IsCanceled, isCompleted: false);
    }

    /// <summary>What was not handed on stays behind: nobody answers it any more.</summary>
    private ReadResult Ended(in ReadResult read)
    {
        _given = read.Buffer.Slice(0, Math.Min(_seen, read.Buffer.Length));
        return new ReadResult(_given, read.IsCanceled, isCompleted: true);
    }
}
