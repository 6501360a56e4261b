using System.Buffers.Binary;
using System.Security.Cryptography;

namespace KvStore.Hosting;

/// <summary>Seeds for Core's generators and for ids, from the operating system.</summary>
public static class Entropy
{
    public static ulong NextSeed()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }
}
