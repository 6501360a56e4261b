using System.Buffers.Binary;

namespace KvStore.Grpc.Server;

/// <summary>
/// Finds the heads of frames in one direction of an HTTP/2 connection, however its bytes are cut. Holds no payload and judges
/// nothing: a frame that is longer than allowed is the web server's to refuse. One caller at a time.
/// </summary>
internal struct FrameWalker(int prefaceBytes)
{
    /// <summary>Bytes until the next head begins.</summary>
    private int _toSkip = prefaceBytes;

    private int _headBytes;
    private HeadBuffer _head;

    public readonly bool IsBetweenFrames => _toSkip == 0 && _headBytes == 0;

    /// <summary>Walks to the end of the next head and takes the bytes up to there; false when all were taken and none was complete.</summary>
    public bool TryNext(ref ReadOnlySpan<byte> bytes, out FrameHead head)
    {
        var skipped = Math.Min(_toSkip, bytes.Length);
        _toSkip -= skipped;
        bytes = bytes[skipped..];
        var taken = Math.Min(FrameHead.Bytes - _headBytes, bytes.Length);
        bytes[..taken].CopyTo(_head[_headBytes..]);
        _headBytes += taken;
        bytes = bytes[taken..];
        if (_headBytes < FrameHead.Bytes)
        {
            head = default;
            return false;
        }

        ReadOnlySpan<byte> whole = _head;
        head = new FrameHead((whole[0] << 16) | (whole[1] << 8) | whole[2], whole[3], whole[4], BinaryPrimitives.ReadInt32BigEndian(whole[5..]) & int.MaxValue);
        (_toSkip, _headBytes) = (head.PayloadBytes, 0);
        return true;
    }

    [System.Runtime.CompilerServices.InlineArray(FrameHead.Bytes)]
    private struct HeadBuffer
    {
        private byte _first;
    }
}
