using KvStore.Primitives;

namespace KvStore.StateMachine;

/// <summary>
/// Writes a message field whose length is known only afterwards. One byte is reserved, which does for most; a longer length moves
/// the content up, so that the encoding is the canonical one.
/// </summary>
internal static class LengthPrefix
{
    /// <summary>Returns where the content begins.</summary>
    public static int Begin(ByteWriter destination, int field)
    {
        destination.WriteTag(field, Wire.WireType.LengthDelimited);
        destination.WriteByte(0);
        return destination.WrittenCount;
    }

    public static void End(ByteWriter destination, int start)
    {
        var length = destination.WrittenCount - start;
        var extra = Wire.VarintSize((ulong)length) - 1;
        if (extra > 0)
        {
            destination.Take(extra);
            destination.Written(start, length).CopyTo(destination.Written(start + extra, length));
        }

        Wire.WriteVarint(destination.Written(start - 1, extra + 1), (ulong)length);
    }
}
