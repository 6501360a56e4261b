using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace KvStore.Node.Watch;

/// <summary>
/// Keys as bytes in a dictionary. The hash is seeded, because clients choose the keys, and it is ours, because the runtime's
/// differs from process to process and a simulation must not.
/// </summary>
internal sealed class KeyComparer(ulong seed) : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
{
    private const ulong Multiplier = 0x9E3779B97F4A7C15;

    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

    public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

    public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

    public int GetHashCode(ReadOnlySpan<byte> alternate)
    {
        var hash = seed ^ (ulong)alternate.Length;
        while (alternate.Length >= 8)
        {
            hash = Mix(hash, BinaryPrimitives.ReadUInt64LittleEndian(alternate));
            alternate = alternate[8..];
        }

        ulong last = 0;
        foreach (var b in alternate)
            last = (last << 8) | b;
        hash = Mix(hash, last);
        return (int)(hash ^ (hash >> 32));
    }

    private static ulong Mix(ulong hash, ulong next) =>
        BitOperations.RotateLeft((hash ^ next) * Multiplier, 31) * Multiplier;
}
