using KvStore.Mvcc;
using KvStore.Primitives;

namespace KvStore.Node.Watch;

/// <summary>
/// The events of one pass, in revision order. Each is encoded once, when the first watcher wants it, and once more with
/// prev_kv if somebody wants that; all watchers send the same bytes.
/// </summary>
/// <remarks>
/// One array for each event, and not one for all of them: a frame that waits for a slow client then keeps alive exactly the
/// bytes its stream was charged for.
/// </remarks>
internal sealed class EventSequence(ReadOnlyMemory<WatchEvent> events, PassHistory history)
{
    private const int EventsField = 11;
    private const int TypeField = 1;
    private const int KvField = 2;
    private const int PrevKvField = 3;
    private const int TypeBytes = 2;

    private readonly ReadOnlyMemory<byte>[] _plain = new ReadOnlyMemory<byte>[events.Length];
    private ReadOnlyMemory<byte>[]? _withPrevious;
    private ByteWriter? _previous;

    public int Count => events.Length;

    public ref readonly WatchEvent this[int position] => ref events.Span[position];

    public ReadOnlyMemory<byte> Encoded(int position, bool withPrevious)
    {
        if (withPrevious && this[position].Previous is not null)
            return EncodedWithPrevious(position);
        if (_plain[position].IsEmpty)
            _plain[position] = Encode(this[position], default);
        return _plain[position];
    }

    private ReadOnlyMemory<byte> EncodedWithPrevious(int position)
    {
        _withPrevious ??= new ReadOnlyMemory<byte>[events.Length];
        if (_withPrevious[position].IsEmpty)
        {
            _withPrevious[position] = TryReadPrevious(this[position], out var previous)
                ? Encode(this[position], previous)
                : Encoded(position, withPrevious: false);
        }

        return _withPrevious[position];
    }

    /// <summary>
    /// The rule is etcd's, and does not depend on how far the sweep has come: the state before revision r can be read unless
    /// r - 1 is compacted.
    /// </summary>
    private bool TryReadPrevious(in WatchEvent watchEvent, out ReadOnlySpan<byte> previous)
    {
        previous = default;
        if (watchEvent.Revision.Main <= history.View.Compacted)
            return false;
        _previous ??= new ByteWriter();
        _previous.Clear();
        var found = history.View.TryCopyKeyValue(watchEvent.Previous!.Value, _previous);
        previous = _previous.WrittenSpan;
        return found;
    }

    private static byte[] Encode(in WatchEvent watchEvent, ReadOnlySpan<byte> previous)
    {
        var length = FieldBytes(watchEvent.KeyValue.Length);
        if (watchEvent.Type != WatchEventType.Put)
            length += TypeBytes;
        if (!previous.IsEmpty)
            length += FieldBytes(previous.Length);

        var encoded = new byte[FieldBytes(length)];
        var rest = WriteFieldHead(encoded, EventsField, length);
        if (watchEvent.Type != WatchEventType.Put)
        {
            rest[0] = (TypeField << 3) | (int)Wire.WireType.Varint;
            rest[1] = (byte)watchEvent.Type;
            rest = rest[TypeBytes..];
        }

        rest = WriteField(rest, KvField, watchEvent.KeyValue.Span);
        if (!previous.IsEmpty)
            rest = WriteField(rest, PrevKvField, previous);
        Check.That(rest.IsEmpty, "an event is as long as it was computed to be");
        return encoded;
    }

    private static int FieldBytes(int length) => 1 + Wire.VarintSize((ulong)length) + length;

    private static Span<byte> WriteField(Span<byte> destination, int field, ReadOnlySpan<byte> bytes)
    {
        var rest = WriteFieldHead(destination, field, bytes.Length);
        bytes.CopyTo(rest);
        return rest[bytes.Length..];
    }

    private static Span<byte> WriteFieldHead(Span<byte> destination, int field, int length)
    {
        destination[0] = (byte)((field << 3) | (int)Wire.WireType.LengthDelimited);
        return destination[(1 + Wire.WriteVarint(destination[1..], (ulong)length))..];
    }
}
