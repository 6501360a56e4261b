using System.Text;

namespace KvStore.Grpc;

/// <summary>
/// The Huffman code of HPACK (RFC 7541, appendix B), for the characters a host and a port are written with; anything else is not
/// read.
/// </summary>
public static class AuthorityHuffman
{
    private const int BitsMin = 5;
    private const int BitsMax = 13;

    /// <summary>Padding is fewer bits than a byte, all ones (RFC 7541, section 5.2).</summary>
    private const int PaddingMax = 7;

    // By length: characters in the order of their codes, which count up from the first.
    private static readonly (int Bits, int First, string Characters)[] _codes =
    [
        (5, 0b00000, "012aceiost"),
        (6, 0b010101, "%-./3456789"),
        (6, 0b100001, "A_bdfghlmnpru"),
        (7, 0b1011100, ":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz"),
        (8, 0b11111100, "XZ"),
        (13, 0b1111111111011, "[]"),
    ];

    private static readonly Dictionary<(int Bits, int Code), char> _characters = _codes
        .SelectMany(static row => row.Characters.Select((character, i) => ((row.Bits, row.First + i), character)))
        .ToDictionary(static pair => pair.Item1, static pair => pair.character);

    /// <summary>Null when the code has another character, or does not end as it should.</summary>
    public static string? Decode(ReadOnlySpan<byte> coded)
    {
        var text = new StringBuilder(coded.Length * 8 / BitsMin);
        var (code, bits) = (0, 0);
        for (var i = 0; i < coded.Length * 8; i++)
        {
            code = (code << 1) | ((coded[i / 8] >> (7 - (i % 8))) & 1);
            bits++;
            if (_characters.TryGetValue((bits, code), out var character))
            {
                text.Append(character);
                (code, bits) = (0, 0);
            }
            else if (bits == BitsMax)
            {
                return null;
            }
        }

        return bits <= PaddingMax && code == (1 << bits) - 1 ? text.ToString() : null;
    }
}
