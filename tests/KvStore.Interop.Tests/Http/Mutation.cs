using KvStore.Primitives;

namespace KvStore.Interop.Tests.Http;

/// <summary>A few changes to a text that was JSON.</summary>
internal static class Mutation
{
    private static readonly byte[] Marks = "{}[]\",:\\ 0-9eE.\ntfn"u8.ToArray();

    public static byte[] Of(byte[] original, byte[] other, Prng prng)
    {
        var text = original.ToList();
        for (var changes = 1 + prng.Below(3); changes > 0 && text.Count > 0; changes--)
        {
            var at = prng.Below(text.Count);
            switch (prng.Below(5))
            {
                case 0:
                    text[at] = Marks[prng.Below(Marks.Length)];
                    break;
                case 1:
                    text[at] = (byte)prng.Below(256);
                    break;
                case 2:
                    text.RemoveRange(at, Math.Min(1 + prng.Below(8), text.Count - at));
                    break;
                case 3:
                    text.InsertRange(at, text.Skip(at).Take(1 + prng.Below(12)).ToArray());
                    break;
                default:
                    var from = prng.Below(other.Length);
                    text.InsertRange(at, other.Skip(from).Take(1 + prng.Below(30)));
                    break;
            }
        }

        return [.. text];
    }
}
