namespace KvStore.StateMachine;

/// <summary>Orders names as their UTF-8 bytes are ordered: what etcd lists users and roles by. Ordinal order differs beyond U+FFFF.</summary>
internal sealed class Utf8Order : IComparer<string>
{
    public static readonly Utf8Order Instance = new();

    public int Compare(string? x, string? y)
    {
        var left = x.AsSpan();
        var right = y.AsSpan();
        var same = left.CommonPrefixLength(right);
        if (same == left.Length || same == right.Length)
            return left.Length - right.Length;
        return Rank(left[same]) - Rank(right[same]);
    }

    // Surrogates stand for code points above all others of the basic plane.
    private static int Rank(char c) => c switch
    {
        >= '\ue000' => c - 0x800,
        >= '\ud800' => c + 0x2000,
        _ => c,
    };
}
