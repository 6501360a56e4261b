using KvStore.Primitives;

namespace KvStore.StateMachine;

/// <summary>
/// An <c>etcdserverpb.Compare</c> read in place; see <see cref="PutFields"/>. The operand is a oneof: its last occurrence counts,
/// and one that does not belong to the target is as good as none (zero, or empty).
/// </summary>
public readonly ref struct CompareFields
{
    public int Result { get; init; }

    public int Target { get; init; }

    public ReadOnlySpan<byte> Key { get; init; }

    public ReadOnlySpan<byte> End { get; init; }

    /// <summary>The operand of a numeric target.</summary>
    public long Number { get; init; }

    /// <summary>The operand of target VALUE.</summary>
    public ReadOnlySpan<byte> Value { get; init; }

    public static bool TryRead(ReadOnlySpan<byte> encoded, out CompareFields compare)
    {
        ReadOnlySpan<byte> key = default, end = default, value = default;
        ulong result = 0, target = 0, operand = 0;
        var operandField = 0;
        compare = default;
        while (!encoded.IsEmpty)
        {
            if (!Wire.TryReadField(ref encoded, out var field, out var type, out var number, out var bytes))
                return false;
            switch (field)
            {
                case 1 when type == Wire.WireType.Varint: result = number; break;
                case 2 when type == Wire.WireType.Varint: target = number; break;
                case 3 when type == Wire.WireType.LengthDelimited: key = bytes; break;
                case 64 when type == Wire.WireType.LengthDelimited: end = bytes; break;
                case 4 or 5 or 6 or 8 when type == Wire.WireType.Varint:
                    (operandField, operand) = (field, number);
                    break;
                case 7 when type == Wire.WireType.LengthDelimited:
                    operandField = field;
                    value = bytes;
                    break;
                default: break;
            }
        }

        var belongs = operandField == OperandFieldOf((int)target);
        compare = new CompareFields
        {
            Result = (int)result,
            Target = (int)target,
            Key = key,
            End = end,
            Number = belongs ? (long)operand : 0,
            Value = belongs ? value : default,
        };
        return true;
    }

    private static int OperandFieldOf(int target) => target switch
    {
        CompareTargets.Version => 4,
        CompareTargets.Create => 5,
        CompareTargets.Mod => 6,
        CompareTargets.Value => 7,
        CompareTargets.Lease => 8,
        _ => 0,
    };
}
