using System.Text;
using KvStore.Api.Members;
using KvStore.Api.Metrics;
using KvStore.Grpc.Server;
using KvStore.Node.Background;
using KvStore.Node.Snapshots;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Api.Maintenance;

/// <summary>
/// Snapshot: the member's data as an etcd file, read from a copy of the store while the client takes it. A slow client holds the
/// copy's files on disk and one piece in memory, nothing else.
/// </summary>
internal sealed class SnapshotStream(IMember member, NodeGateway gateway, ServiceMeasures measures, ApiOptions options)
{
    /// <summary>Bytes of one message, as etcd's: clients show their progress by it.</summary>
    private const int PieceBytes = 32 * 1024;

    public async ValueTask AnswerAsync(ServerCall call, ReadOnlyMemory<byte> request, ResponseWriter responses)
    {
        if (call.IsRefused(await gateway.Identity.CheckRootAsync(call).ConfigureAwait(false)))
            return;
        var copy = new StoreCopy();
        var started = options.Time.GetTimestamp();
        try
        {
            var reply = await gateway.CopyStoreAsync(call, copy).ConfigureAwait(false);
            if (!call.IsRefused(reply.Error) && SnapshotImage.Of(copy.Store!, () => !call.CancellationToken.IsCancellationRequested) is { } image)
                await SendAsync(call, image, responses).ConfigureAwait(false);
        }
        finally
        {
            measures.Snapshot.Observe(options.Time.GetElapsedTime(started));
            // The lane sees it after the request for the copy, whether or not that was ever answered.
            while (!member.TryGiveBack(copy))
                await Task.Delay(options.LaneRetryInterval, options.Time, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async ValueTask SendAsync(ServerCall call, SnapshotImage image, ResponseWriter responses)
    {
        // The sum is not counted: etcd's clients see zero left with it.
        var left = image.TotalBytes - SnapshotImage.SumBytes;
        var head = new ByteWriter(64);
        var version = Encoding.ASCII.GetBytes(options.StorageVersion);
        foreach (var piece in image.Pieces(PieceBytes))
        {
            call.CancellationToken.ThrowIfCancellationRequested();
            left = Math.Max(left - piece.Length, 0);
            head.Clear();
            head.WriteInt64Field(SnapshotResponse.RemainingBytesFieldNumber, left);
            head.WriteBytesField(SnapshotResponse.VersionFieldNumber, version);
            head.WriteTag(SnapshotResponse.BlobFieldNumber, Wire.WireType.LengthDelimited);
            head.WriteVarint((ulong)piece.Length);
            await responses.WriteMessageAsync(head.WrittenMemory, piece).ConfigureAwait(false);
            await responses.FlushAsync().ConfigureAwait(false);
        }
    }
}
