using System.Numerics;
using System.Runtime.InteropServices;

namespace KvStore.Primitives;

/// <summary>
/// CRC-32C (Castagnoli, RFC 3720 appendix B.4), by the processor's instruction where there is one. Chainable: the result of
/// one call is the start of the next, so a file's records can be chained.
/// </summary>
public static class Crc32C
{
    /// <summary>Continues <paramref name="crc"/> (zero to begin) over <paramref name="data"/>.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> data)
    {
        crc = ~crc;
        while (data.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, MemoryMarshal.Read<ulong>(data));
            data = data[sizeof(ulong)..];
        }

        foreach (var b in data)
            crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }

    public static uint Of(ReadOnlySpan<byte> data) => Append(0, data);
}
