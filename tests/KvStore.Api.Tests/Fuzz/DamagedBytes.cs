using KvStore.Primitives;

namespace KvStore.Api.Tests.Fuzz;

internal static class DamagedBytes
{
    /// <summary>A few bytes changed, cut, doubled or inserted.</summary>
    public static byte[] Of(byte[] bytes, Prng prng)
    {
        var damaged = bytes.ToList();
        for (var i = 1 + prng.Below(4); i > 0; i--)
        {
            var at = prng.Below(damaged.Count + 1);
            switch (prng.Below(4))
            {
                case 0 when at < damaged.Count:
                    damaged[at] = (byte)prng.NextUInt64();
                    break;
                case 1 when at < damaged.Count:
                    damaged.RemoveRange(at, prng.Below(damaged.Count - at) + 1);
                    break;
                case 2:
                    damaged.AddRange(bytes);
                    break;
                default:
                    damaged.Insert(at, (byte)prng.NextUInt64());
                    break;
            }
        }

        return [.. damaged];
    }
}
