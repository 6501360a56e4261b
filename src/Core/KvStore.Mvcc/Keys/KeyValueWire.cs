using KvStore.Primitives;

namespace KvStore.Mvcc;

/// <summary>
/// The wire form of <c>mvccpb.KeyValue</c> (key = 1, create_revision = 2, mod_revision = 3, version = 4, value = 5, lease = 6), which
/// is also its stored form: fields in order, defaults left out, byte for byte what etcd's encoder writes.
/// </summary>
public static class KeyValueWire
{
    /// <summary>Appends a pair without its value, as a keys-only range answers it from the index.</summary>
    public static void WriteKeyOnly(ByteWriter destination, ReadOnlySpan<byte> key, in KeyMeta meta)
    {
        destination.WriteBytesField(1, key);
        destination.WriteInt64Field(2, meta.Created.Value);
        destination.WriteInt64Field(3, meta.Modified.Main.Value);
        destination.WriteInt64Field(4, meta.Version);
    }
}
