using KvStore.Primitives;

namespace KvStore.StateMachine;

/// <summary>
/// An <c>etcdserverpb.PutRequest</c> read in place. All requests of the key space are read this way, by the checks before the
/// proposal and by the state machine alike, so that the two never understand the same bytes differently. As in protobuf, the
/// last occurrence of a field counts and unknown fields are passed over.
/// </summary>
public readonly ref struct PutFields
{
    public ReadOnlySpan<byte> Key { get; init; }

    public ReadOnlySpan<byte> Value { get; init; }

    public LeaseId Lease { get; init; }

    public bool PreviousWanted { get; init; }

    public bool IgnoreValue { get; init; }

    public bool IgnoreLease { get; init; }

    /// <summary>False when the bytes are no message.</summary>
    public static bool TryRead(ReadOnlySpan<byte> encoded, out PutFields put)
    {
        ReadOnlySpan<byte> key = default, value = default;
        ulong lease = 0, previous = 0, ignoreValue = 0, ignoreLease = 0;
        put = default;
        while (!encoded.IsEmpty)
        {
            if (!Wire.TryReadField(ref encoded, out var field, out var type, out var number, out var bytes))
                return false;
            switch ((field, type))
            {
                case (1, Wire.WireType.LengthDelimited): key = bytes; break;
                case (2, Wire.WireType.LengthDelimited): value = bytes; break;
                case (3, Wire.WireType.Varint): lease = number; break;
                case (4, Wire.WireType.Varint): previous = number; break;
                case (5, Wire.WireType.Varint): ignoreValue = number; break;
                case (6, Wire.WireType.Varint): ignoreLease = number; break;
                default: break;
            }
        }

        put = new PutFields
        {
            Key = key,
            Value = value,
            Lease = new LeaseId((long)lease),
            PreviousWanted = previous != 0,
            IgnoreValue = ignoreValue != 0,
            IgnoreLease = ignoreLease != 0,
        };
        return true;
    }
}
