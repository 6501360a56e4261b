using KvStore.Primitives;

namespace KvStore.StateMachine;

/// <summary>An <c>etcdserverpb.LeaseGrantRequest</c> read in place; see <see cref="PutFields"/>.</summary>
public readonly record struct LeaseGrantFields(long TtlSeconds, LeaseId Lease)
{
    public static bool TryRead(ReadOnlySpan<byte> encoded, out LeaseGrantFields grant)
    {
        grant = default;
        ulong ttl = 0, lease = 0;
        while (!encoded.IsEmpty)
        {
            if (!Wire.TryReadField(ref encoded, out var field, out var type, out var number, out _))
                return false;
            switch ((field, type))
            {
                case (1, Wire.WireType.Varint): ttl = number; break;
                case (2, Wire.WireType.Varint): lease = number; break;
                default: break;
            }
        }

        grant = new LeaseGrantFields((long)ttl, new LeaseId((long)lease));
        return true;
    }
}
