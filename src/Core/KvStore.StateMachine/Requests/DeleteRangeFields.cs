using KvStore.Primitives;

namespace KvStore.StateMachine;

/// <summary>An <c>etcdserverpb.DeleteRangeRequest</c> read in place; see <see cref="PutFields"/>.</summary>
public readonly ref struct DeleteRangeFields
{
    public ReadOnlySpan<byte> Key { get; init; }

    public ReadOnlySpan<byte> End { get; init; }

    public bool PreviousWanted { get; init; }

    public static bool TryRead(ReadOnlySpan<byte> encoded, out DeleteRangeFields delete)
    {
        ReadOnlySpan<byte> key = default, end = default;
        ulong previous = 0;
        delete = default;
        while (!encoded.IsEmpty)
        {
            if (!Wire.TryReadField(ref encoded, out var field, out var type, out var number, out var bytes))
                return false;
            switch ((field, type))
            {
                case (1, Wire.WireType.LengthDelimited): key = bytes; break;
                case (2, Wire.WireType.LengthDelimited): end = bytes; break;
                case (3, Wire.WireType.Varint): previous = number; break;
                default: break;
            }
        }

        delete = new DeleteRangeFields { Key = key, End = end, PreviousWanted = previous != 0 };
        return true;
    }
}
