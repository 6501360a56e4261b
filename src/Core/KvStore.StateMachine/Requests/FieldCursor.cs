using KvStore.Primitives;

namespace KvStore.StateMachine;

/// <summary>The occurrences of one repeated message field in an encoded message that has been found well-formed.</summary>
public ref struct FieldCursor
{
    private readonly int _field;
    private ReadOnlySpan<byte> _rest;

    internal FieldCursor(ReadOnlySpan<byte> encoded, int field)
    {
        _rest = encoded;
        _field = field;
        Current = default;
    }

    public ReadOnlySpan<byte> Current { get; private set; }

    public bool MoveNext()
    {
        while (!_rest.IsEmpty && Wire.TryReadField(ref _rest, out var field, out var type, out _, out var bytes))
        {
            if (field != _field || type != Wire.WireType.LengthDelimited)
                continue;
            Current = bytes;
            return true;
        }

        return false;
    }

    public readonly FieldCursor GetEnumerator() => this;
}
