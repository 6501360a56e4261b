using KvStore.Primitives;

namespace KvStore.Node.Watch;

/// <summary>Encodes fields 2 to 7 of WatchResponse.</summary>
internal static class WatchHead
{
    /// <summary>The id of answers that belong to no watcher: a refused creation, the progress of the whole stream.</summary>
    public const long NoWatcher = -1;

    private const int WatchIdField = 2;
    private const int CreatedField = 3;
    private const int CanceledField = 4;
    private const int CompactRevisionField = 5;
    private const int CancelReasonField = 6;
    private const int FragmentField = 7;

    /// <summary>Events or progress.</summary>
    public static ReadOnlyMemory<byte> Of(long watchId) => Encode(watchId);

    public static ReadOnlyMemory<byte> Fragment(long watchId) => Encode(watchId, fragment: true);

    public static ReadOnlyMemory<byte> Created(long watchId) => Encode(watchId, created: true);

    public static ReadOnlyMemory<byte> Canceled(long watchId) => Encode(watchId, canceled: true);

    public static ReadOnlyMemory<byte> Refused(ReadOnlySpan<byte> reason) =>
        Encode(NoWatcher, created: true, canceled: true, reason: reason);

    public static ReadOnlyMemory<byte> Compacted(long watchId, Revision compacted) =>
        Encode(watchId, canceled: true, compacted: compacted);

    private static ReadOnlyMemory<byte> Encode(
        long watchId,
        bool created = false,
        bool canceled = false,
        Revision compacted = default,
        ReadOnlySpan<byte> reason = default,
        bool fragment = false)
    {
        var writer = new ByteWriter(32);
        writer.WriteInt64Field(WatchIdField, watchId);
        writer.WriteBoolField(CreatedField, created);
        writer.WriteBoolField(CanceledField, canceled);
        writer.WriteInt64Field(CompactRevisionField, compacted.Value);
        writer.WriteBytesField(CancelReasonField, reason);
        writer.WriteBoolField(FragmentField, fragment);
        return writer.ToArray();
    }
}
