using System.Buffers.Binary;
using System.IO.Pipelines;

namespace KvStore.Grpc.Server;

/// <summary>
/// What an HTTP/2 client is sent. After <see cref="FrameExit.AskFor"/> the next frame is not the web server's but
/// GOAWAY with ENHANCE_YOUR_CALM and "too_many_pings", the words by which gRPC clients know to ping less; nothing follows it. The web
/// server writes a frame then in any case, because its input has ended. One writer at a time, as of any pipe.
/// </summary>
internal sealed class GuardedOutput(PipeWriter output, ClientPings pings, FrameExit exit) : PipeWriter
{
    private const int EnhanceYourCalm = 0xb;

    private FrameWalker _walker = new(prefaceBytes: 0);
    private Memory<byte> _lent;
    private bool _isOver;

    private static ReadOnlySpan<byte> Reason => "too_many_pings"u8;

    public override bool CanGetUnflushedBytes => output.CanGetUnflushedBytes;

    public override long UnflushedBytes => output.UnflushedBytes;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (exit.IsAskedFor && !_isOver && _walker.IsBetweenFrames)
            SayGoodbye();
        return _lent = _isOver ? new byte[Math.Max(sizeHint, FrameHead.Bytes)] : output.GetMemory(sizeHint);
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        if (_isOver)
            return;
        ReadOnlySpan<byte> written = _lent.Span[..bytes];
        while (_walker.TryNext(ref written, out var frame))
            pings.OnWritten(frame);
        _lent = _lent[bytes..];
        output.Advance(bytes);
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => output.FlushAsync(cancellationToken);

    public override void CancelPendingFlush() => output.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => output.Complete(exception);

    // RFC 9113, section 6.8: last stream (32), error code (32), any text.
    private void SayGoodbye()
    {
        _isOver = true;
        var length = 8 + Reason.Length;
        var frame = output.GetSpan(FrameHead.Bytes + length);
        BinaryPrimitives.WriteInt32BigEndian(frame, length << 8);
        frame[3] = FrameHead.GoAway;
        frame[4] = 0;
        BinaryPrimitives.WriteInt32BigEndian(frame[5..], 0);
        BinaryPrimitives.WriteInt32BigEndian(frame[9..], exit.LastStream);
        BinaryPrimitives.WriteInt32BigEndian(frame[13..], EnhanceYourCalm);
        Reason.CopyTo(frame[17..]);
        output.Advance(FrameHead.Bytes + length);
    }
}
