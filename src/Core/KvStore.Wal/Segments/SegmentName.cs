using System.Globalization;
using KvStore.Primitives;

namespace KvStore.Wal.Segments;

/// <summary>
/// A segment's place in the log, which is also its file name: <c>sequence-firstindex.wal</c> in hexadecimal. The first index is
/// that of the next entry when the segment was begun; raft may overwrite below it later.
/// </summary>
internal readonly record struct SegmentName(ulong Sequence, LogIndex FirstIndex)
{
    private const string Suffix = ".wal";
    private const int Digits = 16;

    /// <summary>Ends the name of a segment whose head is not yet on disk. Nobody reads it; the next start removes it.</summary>
    public const string UnfinishedSuffix = ".new";

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Sequence:x16}-{FirstIndex.Value:x16}{Suffix}");

    public static bool TryParse(string name, out SegmentName segment)
    {
        segment = default;
        if (name.Length != Digits + 1 + Digits + Suffix.Length || name[Digits] != '-' || !name.EndsWith(Suffix, StringComparison.Ordinal))
            return false;
        if (!TryParseNumber(name.AsSpan(0, Digits), out var sequence) || !TryParseNumber(name.AsSpan(Digits + 1, Digits), out var first))
            return false;
        segment = new SegmentName(sequence, new LogIndex(first));
        return true;
    }

    private static bool TryParseNumber(ReadOnlySpan<char> text, out ulong number) =>
        ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
}
