using System.Threading.Channels;

namespace KvStore.PeerTransport;

/// <summary>
/// Frames waiting for one stream, bounded by bytes. Any thread puts in, one takes out. Who waits in <see cref="WaitAsync"/> goes on within
/// <see cref="TryPut"/>, on the thread that puts: waking another one costs more than a small write.
/// </summary>
internal sealed class FrameQueue(long bytesMax)
{
    private readonly Channel<ReadOnlyMemory<byte>> _frames =
        Channel.CreateUnbounded<ReadOnlyMemory<byte>>(new UnboundedChannelOptions { SingleReader = true, AllowSynchronousContinuations = true });
    private long _bytes;

    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>False when it would hold more than its bound. A frame larger than the bound passes when nothing else waits.</summary>
    public bool TryPut(ReadOnlyMemory<byte> frame)
    {
        var after = Interlocked.Add(ref _bytes, frame.Length);
        if (after > bytesMax && after != frame.Length)
        {
            Interlocked.Add(ref _bytes, -frame.Length);
            return false;
        }

        return _frames.Writer.TryWrite(frame);
    }

    public bool TryTake(out ReadOnlyMemory<byte> frame)
    {
        if (!_frames.Reader.TryRead(out frame))
            return false;
        Interlocked.Add(ref _bytes, -frame.Length);
        return true;
    }

    /// <summary>Waits until there is something to take; false when the queue was closed.</summary>
    public ValueTask<bool> WaitAsync(CancellationToken cancellationToken) => _frames.Reader.WaitToReadAsync(cancellationToken);

    /// <summary>Throws away what waits: it was meant for a connection that is gone. Returns how many frames.</summary>
    public long Drop()
    {
        long count = 0;
        while (TryTake(out _))
            count++;
        return count;
    }

    public void Close() => _frames.Writer.TryComplete();
}
