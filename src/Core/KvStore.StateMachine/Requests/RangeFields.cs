using KvStore.Primitives;

namespace KvStore.StateMachine;

/// <summary>
/// An <c>etcdserverpb.RangeRequest</c> read in place; see <see cref="PutFields"/>. The enums are plain numbers here because a
/// client may send any number.
/// </summary>
public readonly ref struct RangeFields
{
    public ReadOnlySpan<byte> Key { get; init; }

    /// <summary>Empty: the single key. One zero byte: no upper bound.</summary>
    public ReadOnlySpan<byte> End { get; init; }

    /// <summary>Only a positive one limits.</summary>
    public long Limit { get; init; }

    public Revision Revision { get; init; }

    public int SortOrder { get; init; }

    public int SortTarget { get; init; }

    public bool Serializable { get; init; }

    public bool KeysOnly { get; init; }

    public bool CountOnly { get; init; }

    /// <summary>Zero switches a filter off, this and the next three; bounds are inclusive.</summary>
    public long MinModRevision { get; init; }

    public long MaxModRevision { get; init; }

    public long MinCreateRevision { get; init; }

    public long MaxCreateRevision { get; init; }

    public bool HasRevisionFilters => (MinModRevision | MaxModRevision | MinCreateRevision | MaxCreateRevision) != 0;

    public static bool TryRead(ReadOnlySpan<byte> encoded, out RangeFields range)
    {
        ReadOnlySpan<byte> key = default, end = default;
        // Numbers by field number, which keeps eleven of them in one place.
        Span<ulong> numbers = stackalloc ulong[14];
        numbers.Clear();
        range = default;
        while (!encoded.IsEmpty)
        {
            if (!Wire.TryReadField(ref encoded, out var field, out var type, out var number, out var bytes))
                return false;
            switch (field)
            {
                case 1 when type == Wire.WireType.LengthDelimited: key = bytes; break;
                case 2 when type == Wire.WireType.LengthDelimited: end = bytes; break;
                case >= 3 and <= 13 when type == Wire.WireType.Varint: numbers[field] = number; break;
                default: break;
            }
        }

        range = new RangeFields
        {
            Key = key,
            End = end,
            Limit = (long)numbers[3],
            Revision = new Revision((long)numbers[4]),
            SortOrder = (int)numbers[5],
            SortTarget = (int)numbers[6],
            Serializable = numbers[7] != 0,
            KeysOnly = numbers[8] != 0,
            CountOnly = numbers[9] != 0,
            MinModRevision = (long)numbers[10],
            MaxModRevision = (long)numbers[11],
            MinCreateRevision = (long)numbers[12],
            MaxCreateRevision = (long)numbers[13],
        };
        return true;
    }
}
