using KvStore.Mvcc;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Raft;
using KvStore.StateMachine;

namespace KvStore.Node.Stores;

/// <summary>What a store says of itself, and its records as bytes: key length, key, value length, value; lengths as varints.</summary>
internal static class SnapshotContents
{
    /// <summary>The entry the store is the result of, and the membership after it (C9: read from the very copy that is sent).</summary>
    public static SnapshotMark ReadMark(IOrderedStore store)
    {
        var (index, term) = MetaRecords.ReadConsistent(store);
        return new SnapshotMark(index, term, ReadMembership(store));
    }

    public static Membership ReadMembership(IOrderedStore store) => Directories.MembershipOf(MemberTable.Load(store));

    public static void Append(ByteWriter records, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        records.WriteVarint((ulong)key.Length);
        records.Write(key);
        records.WriteVarint((ulong)value.Length);
        records.Write(value);
    }

    public static bool TryTake(ref ReadOnlySpan<byte> records, out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
    {
        value = default;
        return TryTakeOne(ref records, out key) && TryTakeOne(ref records, out value);
    }

    private static bool TryTakeOne(ref ReadOnlySpan<byte> records, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (!Wire.TryReadVarint(ref records, out var length) || length > (ulong)records.Length)
            return false;
        bytes = records[..(int)length];
        records = records[(int)length..];
        return true;
    }
}
