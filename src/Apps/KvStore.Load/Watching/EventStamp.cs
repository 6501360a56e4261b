using System.Buffers.Binary;

namespace KvStore.Load.Watching;

/// <summary>When a value was written, in its first bytes: a watcher in the same process finds it without decoding the event.</summary>
internal static class EventStamp
{
    /// <summary>Bytes of a stamp; a value is at least as long.</summary>
    public const int Length = 24;

    // Random enough not to be met in keys, ids or other values.
    private static ReadOnlySpan<byte> Mark => [0xF7, 0x1D, 0xC3, 0x5E, 0x88, 0xA9, 0x42, 0xB1, 0x6F, 0xE4, 0x90, 0x3B, 0xD2, 0x07, 0xAC, 0x59];

    /// <param name="value">At least <see cref="Length"/> bytes.</param>
    /// <param name="timestamp">The moment (<see cref="TimeProvider.GetTimestamp"/>).</param>
    public static void Write(Span<byte> value, long timestamp)
    {
        Mark.CopyTo(value);
        BinaryPrimitives.WriteInt64LittleEndian(value[Mark.Length..], timestamp);
    }

    /// <summary>The stamp of the first event in these bytes, and what follows it; false when there is none.</summary>
    public static bool TryRead(ref ReadOnlySpan<byte> message, out long timestamp)
    {
        timestamp = 0;
        var at = message.IndexOf(Mark);
        if (at < 0 || message.Length - at < Length)
            return false;
        timestamp = BinaryPrimitives.ReadInt64LittleEndian(message[(at + Mark.Length)..]);
        message = message[(at + Length)..];
        return true;
    }
}
