using System.Text;

namespace KvStore.Grpc;

/// <summary>
/// Mends the one header block that breaks the rules for a good client: etcd's clients of 3.4 send the whole endpoint as the
/// authority of some calls (`http://10.0.0.1:2379`), which the web server refuses as a broken connection. Go's server takes it.
/// </summary>
public static class AuthorityRepair
{
    private const string Scheme = "http://";

    /// <summary>Index of `:authority` in the static table (RFC 7541, appendix A).</summary>
    private const int AuthorityIndex = 1;

    /// <summary>
    /// The block with its scheme taken out of the authority; null where there is nothing to mend. A literal that enters the dynamic
    /// table enters it mended, so that later blocks which refer to it need no mending.
    /// </summary>
    public static byte[]? Mend(ReadOnlySpan<byte> block)
    {
        var at = 0;
        while (at < block.Length)
        {
            if (!TryReadField(block, at, out var field))
                return null;
            if (field.NameIndex == AuthorityIndex && Authority(block[field.Value], field.IsCoded) is { } text)
            {
                return text.StartsWith(Scheme, StringComparison.Ordinal) && text.Length > Scheme.Length
                    ? Replace(block, at, field, text[Scheme.Length..])
                    : null;
            }

            at = field.End;
        }

        return null;
    }

    private static string? Authority(ReadOnlySpan<byte> value, bool isCoded) => isCoded ? AuthorityHuffman.Decode(value) : Encoding.Latin1.GetString(value);

    private static byte[]? Replace(ReadOnlySpan<byte> block, int at, in Field field, string authority)
    {
        // One byte tells the length: whoever has a longer name than that has no scheme before it either.
        if (authority.Length >= 127)
            return null;
        byte[] value = [(byte)authority.Length, .. Encoding.Latin1.GetBytes(authority)];
        return [.. block[..field.ValueStart], .. value, .. block[field.End..]];
    }

    // RFC 7541, section 6.
    private static bool TryReadField(ReadOnlySpan<byte> block, int at, out Field field)
    {
        field = default;
        var first = block[at];
        var prefix = first switch { >= 0x80 => 7, >= 0x40 => 6, >= 0x20 => 5, _ => 4 };
        if (!TryReadNumber(block, ref at, prefix, out var index))
            return false;
        if (prefix is 7 or 5)
        {
            field = new Field(0, at, default, IsCoded: false, at);
            return true;
        }

        if (index == 0 && !TryReadText(block, ref at, out _, out _))
            return false;
        var valueStart = at;
        if (!TryReadText(block, ref at, out var value, out var isCoded))
            return false;
        field = new Field(index, valueStart, value, isCoded, at);
        return true;
    }

    private static bool TryReadText(ReadOnlySpan<byte> block, ref int at, out Range text, out bool isCoded)
    {
        text = default;
        isCoded = at < block.Length && block[at] >= 0x80;
        if (!TryReadNumber(block, ref at, 7, out var length) || length > block.Length - at)
            return false;
        text = at..(at + length);
        at += length;
        return true;
    }

    // RFC 7541, section 5.1; numbers beyond three bytes do not come in a block that fits a frame.
    private static bool TryReadNumber(ReadOnlySpan<byte> block, ref int at, int prefix, out int number)
    {
        number = 0;
        if (at >= block.Length)
            return false;
        var max = (1 << prefix) - 1;
        number = block[at++] & max;
        if (number < max)
            return true;
        for (var shift = 0; shift <= 14 && at < block.Length; shift += 7)
        {
            var next = block[at++];
            number += (next & 0x7f) << shift;
            if (next < 0x80)
                return true;
        }

        return false;
    }

    private readonly record struct Field(int NameIndex, int ValueStart, Range Value, bool IsCoded, int End);
}
