using KvStore.Primitives;

namespace KvStore.StateMachine;

/// <summary>An <c>etcdserverpb.RequestOp</c> read in place; see <see cref="PutFields"/>. The last member of the oneof counts.</summary>
public readonly ref struct OpFields
{
    public OpKind Kind { get; init; }

    public ReadOnlySpan<byte> Request { get; init; }

    public static bool TryRead(ReadOnlySpan<byte> encoded, out OpFields op)
    {
        var kind = OpKind.None;
        ReadOnlySpan<byte> request = default;
        op = default;
        while (!encoded.IsEmpty)
        {
            if (!Wire.TryReadField(ref encoded, out var field, out var type, out _, out var bytes))
                return false;
            if (field is < (int)OpKind.Range or > (int)OpKind.Txn || type != Wire.WireType.LengthDelimited)
                continue;
            kind = (OpKind)field;
            request = bytes;
        }

        op = new OpFields { Kind = kind, Request = request };
        return true;
    }
}
