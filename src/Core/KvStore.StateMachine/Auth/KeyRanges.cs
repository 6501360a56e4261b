using System.Linq;
using KvStore.Protocol.Auth;

namespace KvStore.StateMachine;

/// <summary>
/// Everything the permissions of one user cover, of one kind: half-open ranges in key order that neither overlap nor touch, so that
/// a request is covered if it lies in one of them. Immutable.
/// </summary>
internal sealed class KeyRanges
{
    private readonly Range[] _ranges;

    private KeyRanges(Range[] ranges) => _ranges = ranges;

    /// <summary>Merges the permissions that <paramref name="counts"/>.</summary>
    public static KeyRanges Of(IEnumerable<Permission> permissions, Func<Permission, bool> counts)
    {
        var sorted = permissions.Where(counts).Select(Range.Of).ToArray();
        Array.Sort(sorted, static (left, right) => left.Begin.AsSpan().SequenceCompareTo(right.Begin));
        var merged = new List<Range>(sorted.Length);
        foreach (var range in sorted)
        {
            if (merged.Count > 0 && merged[^1].Reaches(range.Begin))
                merged[^1] = merged[^1].JoinedWith(range);
            else
                merged.Add(range);
        }

        return new KeyRanges([.. merged]);
    }

    /// <summary>
    /// Whether a key (empty <paramref name="end"/>), or a range of keys, is covered as a whole; an end of one zero byte is no end. Of
    /// a range that ends before it begins, its key has to be covered.
    /// </summary>
    public bool Cover(ReadOnlySpan<byte> key, ReadOnlySpan<byte> end)
    {
        int low = 0, high = _ranges.Length;
        while (low < high)
        {
            var middle = (low + high) >> 1;
            if (key.SequenceCompareTo(_ranges[middle].Begin) < 0)
                high = middle;
            else
                low = middle + 1;
        }

        return low > 0 && _ranges[low - 1].Covers(key, end);
    }

    private readonly record struct Range(byte[] Begin, byte[]? End)
    {
        public static Range Of(Permission permission)
        {
            var key = permission.Key.ToByteArray();
            if (permission.RangeEnd.IsEmpty)
                return new Range(key, [.. key, 0]);
            return new Range(key, KeyAccess.IsOpen(permission.RangeEnd.Span) ? null : permission.RangeEnd.ToByteArray());
        }

        public bool Reaches(byte[] key) => End is null || key.AsSpan().SequenceCompareTo(End) <= 0;

        public Range JoinedWith(Range next) =>
            End is null || (next.End is not null && next.End.AsSpan().SequenceCompareTo(End) <= 0) ? this : this with { End = next.End };

        public bool Covers(ReadOnlySpan<byte> key, ReadOnlySpan<byte> end)
        {
            if (End is null)
                return true;
            if (key.SequenceCompareTo(End) >= 0)
                return false;
            return end.IsEmpty || (!KeyAccess.IsOpen(end) && end.SequenceCompareTo(End) <= 0);
        }
    }
}
