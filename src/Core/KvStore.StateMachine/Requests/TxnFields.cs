using KvStore.Primitives;

namespace KvStore.StateMachine;

/// <summary>An <c>etcdserverpb.TxnRequest</c> read in place; see <see cref="PutFields"/>. Its lists are walked, never collected.</summary>
public readonly ref struct TxnFields
{
    private const int CompareField = 1;
    private const int SuccessField = 2;
    private const int FailureField = 3;

    private readonly ReadOnlySpan<byte> _encoded;

    private TxnFields(ReadOnlySpan<byte> encoded, int compares, int successes, int failures)
    {
        _encoded = encoded;
        CompareCount = compares;
        SuccessCount = successes;
        FailureCount = failures;
    }

    public int CompareCount { get; }

    public int SuccessCount { get; }

    public int FailureCount { get; }

    /// <summary>Encoded <c>Compare</c>s.</summary>
    public FieldCursor Compares => new(_encoded, CompareField);

    /// <summary>Encoded <c>RequestOp</c>s of the branch taken when every compare holds.</summary>
    public FieldCursor Success => new(_encoded, SuccessField);

    /// <summary>Encoded <c>RequestOp</c>s of the other branch.</summary>
    public FieldCursor Failure => new(_encoded, FailureField);

    /// <summary>False when the bytes are no message; what is inside the lists is not looked at.</summary>
    public static bool TryRead(ReadOnlySpan<byte> encoded, out TxnFields txn)
    {
        txn = default;
        int compares = 0, successes = 0, failures = 0;
        var rest = encoded;
        while (!rest.IsEmpty)
        {
            if (!Wire.TryReadField(ref rest, out var field, out var type, out _, out _))
                return false;
            switch ((field, type))
            {
                case (CompareField, Wire.WireType.LengthDelimited): compares++; break;
                case (SuccessField, Wire.WireType.LengthDelimited): successes++; break;
                case (FailureField, Wire.WireType.LengthDelimited): failures++; break;
                default: break;
            }
        }

        txn = new TxnFields(encoded, compares, successes, failures);
        return true;
    }

    internal FieldCursor Branch(bool succeeded) => succeeded ? Success : Failure;
}
