using System.Buffers;
using KvStore.Api.Members;
using KvStore.Api.Metrics;
using KvStore.Grpc.Server;
using KvStore.Node.Watch;

namespace KvStore.Api.Watch;

/// <summary>
/// Writes the frames of one stream and gives their credit back once the connection has taken them: the client's window is what
/// decides how much the lane sends.
/// </summary>
internal sealed class WatchWriter(
    WatchStreamId stream, WatchQueue queue, ResponseWriter responses, ResponseHeaders headers, LanePost lane, ServiceMeasures measures, ApiOptions options)
{
    /// <summary>A piece of this size is handed over in turns, so that other streams of the connection get in between (W9).</summary>
    private const int LargePieceBytes = 16 * 1024;

    private readonly byte[] _header = new byte[ResponseHeaders.BytesMax];

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await queue.WaitAsync().ConfigureAwait(false);
            var (frames, bytes) = (0, 0L);
            while (bytes < options.WatchFlushBytes && queue.TryRead(out var frame))
            {
                var started = options.Time.GetTimestamp();
                await WriteAsync(frame).ConfigureAwait(false);
                Measure(frame, options.Time.GetElapsedTime(started));
                frames++;
                bytes += frame.Length;
            }

            if (frames == 0)
                continue;
            await responses.FlushAsync().ConfigureAwait(false);
            await lane.PostAsync(WatchMessage.Credit(stream, frames, bytes), cancellationToken).ConfigureAwait(false);
        }
    }

    private void Measure(in WatchFrame frame, TimeSpan took)
    {
        if (frame.Events.IsEmpty)
        {
            (frame.IsProgress ? measures.SendProgress : measures.SendControl).Observe(took);
            return;
        }

        measures.SendEvents.Observe(took);
        measures.SendEachEvent.Observe(took / frame.Events.Length);
    }

    private ValueTask WriteAsync(in WatchFrame frame)
    {
        var header = _header.AsSpan(0, headers.Write(_header, frame.HeaderRevision));
        responses.BeginMessage(checked((int)(header.Length + frame.Length)));
        responses.Write(header);
        responses.Write(frame.Head.Span);
        return WriteEventsAsync(frame.Events);
    }

    private async ValueTask WriteEventsAsync(ReadOnlyMemory<ReadOnlyMemory<byte>> events)
    {
        var unflushed = 0;
        for (var i = 0; i < events.Length; i++)
        {
            var piece = events.Span[i];
            unflushed += piece.Length;
            if (piece.Length >= LargePieceBytes)
                await responses.WritePartAsync(piece).ConfigureAwait(false);
            else
                responses.Write(piece.Span);
            if (unflushed < options.WatchFlushBytes)
                continue;
            await responses.FlushAsync().ConfigureAwait(false);
            unflushed = 0;
        }
    }
}
