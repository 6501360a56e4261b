using System.Buffers.Binary;

namespace KvStore.Grpc;

/// <summary>
/// The five bytes before every message: one flag byte (0 plain, 1 compressed), then the length as a big-endian uint32.
/// (PROTOCOL-HTTP2.md, "Length-Prefixed-Message".)
/// </summary>
public static class MessagePrefix
{
    public const int Size = 5;

    public const byte Plain = 0;
    public const byte Compressed = 1;

    public static void Write(Span<byte> destination, int length)
    {
        destination[0] = Plain;
        BinaryPrimitives.WriteUInt32BigEndian(destination[1..], (uint)length);
    }
}
