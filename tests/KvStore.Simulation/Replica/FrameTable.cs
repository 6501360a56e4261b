using System.Buffers.Binary;
using KvStore.Primitives;

namespace KvStore.Simulation.Replica;

/// <summary>
/// Frames of replicas: the object stays in a table and its number, with a checksum, travels. The codec of real members has
/// tests of its own; here a damaged frame only has to be noticed.
/// </summary>
internal sealed class FrameTable
{
    private readonly List<object> _objects = [];

    public byte[] Add(object message)
    {
        _objects.Add(message);
        var frame = new byte[12];
        BinaryPrimitives.WriteInt64LittleEndian(frame, _objects.Count - 1);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(8), Crc32C.Of(frame.AsSpan(0, 8)));
        return frame;
    }

    public object? Get(ReadOnlySpan<byte> frame) =>
        BinaryPrimitives.ReadUInt32LittleEndian(frame[8..]) == Crc32C.Of(frame[..8]) ? _objects[(int)BinaryPrimitives.ReadInt64LittleEndian(frame)] : null;
}
