using KvStore.Primitives;

namespace KvStore.StateMachine;

/// <summary>The parts of a stored <c>mvccpb.KeyValue</c> that are not in the index.</summary>
internal static class KeyValueFields
{
    private const int ValueField = 5;

    public static ReadOnlySpan<byte> ValueOf(ReadOnlySpan<byte> stored)
    {
        ReadOnlySpan<byte> value = default;
        while (!stored.IsEmpty)
        {
            var read = Wire.TryReadField(ref stored, out var field, out _, out _, out var bytes);
            Check.That(read, "a stored pair is well-formed");
            if (field == ValueField)
                value = bytes;
        }

        return value;
    }
}
