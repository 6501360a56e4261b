using System.Numerics;

namespace KvStore.Primitives;

/// <summary>
/// A seeded pseudo-random generator (xoshiro256**, Blackman and Vigna 2018; seeded through splitmix64). The same seed gives
/// the same numbers on every platform and version, which the simulator relies on. Not for secrets. One owner, one thread.
/// </summary>
public sealed class Prng
{
    private ulong _s0;
    private ulong _s1;
    private ulong _s2;
    private ulong _s3;

    public Prng(ulong seed)
    {
        _s0 = SplitMix(ref seed);
        _s1 = SplitMix(ref seed);
        _s2 = SplitMix(ref seed);
        _s3 = SplitMix(ref seed);
    }

    public ulong NextUInt64()
    {
        var result = BitOperations.RotateLeft(_s1 * 5, 7) * 9;
        var t = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= t;
        _s3 = BitOperations.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>A number in [0, <paramref name="exclusiveMax"/>); the bound must be positive.</summary>
    public ulong Below(ulong exclusiveMax)
    {
        Check.That(exclusiveMax > 0, "the bound of a random number is positive");
        return Math.BigMul(NextUInt64(), exclusiveMax, out _);
    }

    /// <summary>A number in [0, <paramref name="exclusiveMax"/>); the bound must be positive.</summary>
    public int Below(int exclusiveMax)
    {
        Check.That(exclusiveMax > 0, "the bound of a random number is positive");
        return (int)Below((ulong)exclusiveMax);
    }

    /// <summary>A number in [<paramref name="inclusiveMin"/>, <paramref name="inclusiveMax"/>].</summary>
    public long Between(long inclusiveMin, long inclusiveMax)
    {
        Check.That(inclusiveMin <= inclusiveMax, "the bounds of a random number are in order");
        return inclusiveMin + (long)Below((ulong)(inclusiveMax - inclusiveMin) + 1);
    }

    /// <summary>True with a chance of <paramref name="numerator"/> in <paramref name="denominator"/>.</summary>
    public bool Chance(int numerator, int denominator) => Below(denominator) < numerator;

    /// <summary>An independent generator, so that one user's draws do not shift another's.</summary>
    public Prng Fork() => new(NextUInt64());

    public void Fill(Span<byte> destination)
    {
        for (var i = 0; i < destination.Length; i++)
            destination[i] = (byte)NextUInt64();
    }

    private static ulong SplitMix(ref ulong state)
    {
        var z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
