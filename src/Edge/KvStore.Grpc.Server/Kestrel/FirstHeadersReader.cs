using System.Buffers;
using System.IO.Pipelines;

namespace KvStore.Grpc.Server;

/// <summary>
/// What a clear-text HTTP/2 connection sends, with the authority of its first request mended (<see cref="AuthorityRepair"/>). Looks
/// at frames up to the first HEADERS and then stays out of the way: later requests refer to what the first one put into the table.
/// One reader at a time, as of any pipe.
/// </summary>
internal sealed class FirstHeadersReader(PipeReader input) : PipeReader
{
    private const int PrefaceBytes = 24;
    private const int FrameHeadBytes = 9;

    /// <summary>What comes before the first request is small: settings, a window. Anything larger is not looked at.</summary>
    private const int FrameBytesMax = 16 * 1024;

    private const byte HeadersType = 1;
    private const byte EndHeadersFlag = 0x4;
    private const byte PaddedFlag = 0x8;
    private const byte PriorityFlag = 0x20;
    private const int PriorityBytes = 5;

    /// <summary>Bytes at the start of what is unread that were looked at: whole frames.</summary>
    private long _seen = -1;
    private bool _isDone;
    private ReadOnlySequence<byte> _given;
    private SequencePosition _end;
    private ReadOnlySequence<byte> _mended;

    public override bool TryRead(out ReadResult result)
    {
        if (_isDone && _mended.IsEmpty)
            return input.TryRead(out result);
        if (_mended.IsEmpty)
        {
            if (!input.TryRead(out var read))
            {
                result = default;
                return false;
            }

            if (Look(read) is { } looked)
            {
                result = looked;
                return true;
            }

            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            result = default;
            return false;
        }

        result = Mended();
        return true;
    }

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        while (_mended.IsEmpty)
        {
            var read = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (_isDone)
                return read;
            if (Look(read) is { } looked)
                return looked;
            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }

        return Mended();
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (!_mended.IsEmpty)
        {
            _mended = _mended.Slice(consumed);
            return;
        }

        if (!_isDone)
        {
            _seen -= _given.Slice(0, consumed).Length;
            // What was held back is looked at again when more has come.
            if (_given.Slice(examined).IsEmpty)
                examined = _end;
        }

        input.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => input.CancelPendingRead();

    public override void Complete(Exception? exception = null) => input.Complete(exception);

    private ReadResult Mended() => new(_mended, isCanceled: false, isCompleted: false);

    /// <summary>What may be handed on of this; null: nothing before more has come.</summary>
    private ReadResult? Look(in ReadResult read)
    {
        var buffer = read.Buffer;
        if (_seen < 0)
            _seen = PrefaceBytes;
        Span<byte> head = stackalloc byte[FrameHeadBytes];
        while (!read.IsCanceled && !read.IsCompleted)
        {
            if (buffer.Length < _seen + FrameHeadBytes)
                return HandOn(buffer);
            buffer.Slice(_seen, FrameHeadBytes).CopyTo(head);
            var length = (head[0] << 16) | (head[1] << 8) | head[2];
            if (length > FrameBytesMax || (head[3] == HeadersType && (head[4] & EndHeadersFlag) == 0))
                break;
            if (buffer.Length < _seen + FrameHeadBytes + length)
                return HandOn(buffer);
            if (head[3] == HeadersType)
                return Finish(buffer, head, length) ?? read;
            _seen += FrameHeadBytes + length;
        }

        _isDone = true;
        return read;
    }

    private ReadResult? HandOn(in ReadOnlySequence<byte> buffer)
    {
        var whole = Math.Min(_seen, buffer.Length);
        if (whole == 0)
            return null;
        _given = buffer.Slice(0, whole);
        _end = buffer.End;
        return new ReadResult(_given, isCanceled: false, isCompleted: false);
    }

    // The mended bytes are ours; what follows them is read from the connection as it comes.
    private ReadResult? Finish(in ReadOnlySequence<byte> buffer, ReadOnlySpan<byte> head, int length)
    {
        _isDone = true;
        var payload = buffer.Slice(_seen + FrameHeadBytes, length).ToArray();
        var start = (head[4] & PriorityFlag) == 0 ? 0 : PriorityBytes;
        if ((head[4] & PaddedFlag) != 0 || start > length || AuthorityRepair.Mend(payload.AsSpan(start)) is not { } block)
            return null;
        var size = start + block.Length;
        byte[] whole =
        [
            .. buffer.Slice(0, _seen).ToArray(),
            (byte)(size >> 16), (byte)(size >> 8), (byte)size, .. head[3..],
            .. payload.AsSpan(0, start), .. block,
        ];
        input.AdvanceTo(buffer.GetPosition(_seen + FrameHeadBytes + length));
        _mended = new ReadOnlySequence<byte>(whole);
        return Mended();
    }
}
