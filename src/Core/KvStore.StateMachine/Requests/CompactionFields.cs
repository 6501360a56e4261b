using KvStore.Primitives;

namespace KvStore.StateMachine;

/// <summary>An <c>etcdserverpb.CompactionRequest</c> read in place; see <see cref="PutFields"/>.</summary>
/// <param name="Revision">What is to become the oldest readable revision.</param>
/// <param name="IsPhysical">The caller is answered when the removal is finished and on disk.</param>
public readonly record struct CompactionFields(Revision Revision, bool IsPhysical)
{
    public static bool TryRead(ReadOnlySpan<byte> encoded, out CompactionFields compaction)
    {
        compaction = default;
        ulong revision = 0, physical = 0;
        while (!encoded.IsEmpty)
        {
            if (!Wire.TryReadField(ref encoded, out var field, out var type, out var number, out _))
                return false;
            switch ((field, type))
            {
                case (1, Wire.WireType.Varint): revision = number; break;
                case (2, Wire.WireType.Varint): physical = number; break;
                default: break;
            }
        }

        compaction = new CompactionFields(new Revision((long)revision), physical != 0);
        return true;
    }
}
