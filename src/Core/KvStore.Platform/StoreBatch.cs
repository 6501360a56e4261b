using System.Buffers.Binary;
using KvStore.Primitives;

namespace KvStore.Platform;

/// <summary>
/// Changes that become visible together. Built in place as the bytes of a RocksDB write batch, so that the real store hands the
/// whole of it over in one call; any other store reads it with <see cref="Read"/>. Reusable; one owner.
/// </summary>
/// <remarks>
/// Layout: sequence (8 bytes, zero) · count (4 bytes little-endian) · records. A record is a tag (1 = put, 0 = delete) and one or two
/// varint-length-prefixed strings (RocksDB, db/write_batch.cc). There is no delete of a range: RocksDB's hints for inserts, without
/// which a put costs half as much again, lead it astray there (db/memtable.cc: one hint for the points' and the ranges' skip list).
/// </remarks>
public sealed class StoreBatch
{
    private const int HeaderBytes = 12;
    private const byte DeleteTag = 0;
    private const byte PutTag = 1;

    private readonly ByteWriter _bytes = new(4096);

    public StoreBatch() => Clear();

    public int Count { get; private set; }

    /// <summary>Bytes of the encoded batch.</summary>
    public int Length => _bytes.WrittenCount;

    public void Clear()
    {
        Count = 0;
        _bytes.Clear();
        _bytes.Take(HeaderBytes).Clear();
    }

    public void Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        Begin(PutTag, key);
        WriteString(value);
    }

    public void Delete(ReadOnlySpan<byte> key) => Begin(DeleteTag, key);

    /// <summary>The encoded batch; valid until the next change.</summary>
    public ReadOnlySpan<byte> Encoded()
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.Written(8, 4), (uint)Count);
        return _bytes.WrittenSpan;
    }

    public Reader Read() => new(_bytes.WrittenSpan[HeaderBytes..]);

    private void Begin(byte tag, ReadOnlySpan<byte> key)
    {
        _bytes.WriteByte(tag);
        WriteString(key);
        Count++;
    }

    private void WriteString(ReadOnlySpan<byte> value)
    {
        _bytes.WriteVarint((ulong)value.Length);
        _bytes.Write(value);
    }

    public enum Operation
    {
        Put,
        Delete,
    }

    /// <summary>Reads the records in the order they were added.</summary>
    public ref struct Reader
    {
        private ReadOnlySpan<byte> _rest;

        internal Reader(ReadOnlySpan<byte> records)
        {
            _rest = records;
            Key = default;
            Value = default;
            Operation = default;
        }

        public Operation Operation { get; private set; }

        public ReadOnlySpan<byte> Key { get; private set; }

        /// <summary>The value of a put; empty for a delete.</summary>
        public ReadOnlySpan<byte> Value { get; private set; }

        public bool MoveNext()
        {
            if (_rest.IsEmpty)
                return false;
            var tag = _rest[0];
            _rest = _rest[1..];
            Key = ReadString();
            Value = tag == DeleteTag ? default : ReadString();
            Operation = tag == DeleteTag ? Operation.Delete : Operation.Put;
            return true;
        }

        private ReadOnlySpan<byte> ReadString()
        {
            var read = Wire.TryReadVarint(ref _rest, out var length);
            Check.That(read && length <= (ulong)_rest.Length, "a batch contains what was added to it");
            var value = _rest[..(int)length];
            _rest = _rest[(int)length..];
            return value;
        }
    }
}
