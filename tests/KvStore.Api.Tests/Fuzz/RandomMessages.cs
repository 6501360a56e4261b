using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using KvStore.Primitives;

namespace KvStore.Api.Tests.Fuzz;

/// <summary>
/// Messages of any type with random content: numbers at their edges, enums that are none, names of nothing. No address among them is one,
/// and no user is root: a member added or authentication switched on would answer everything after it.
/// </summary>
internal sealed class RandomMessages(Prng prng)
{
    private const int DepthMax = 4;

    private static readonly string[] _texts = ["", "a", "b", "a/b", "http://", "\0", "\u00ff\ud7ff", new('x', 300)];
    private static readonly long[] _numbers = [0, 1, -1, 2, 5, 7, 1000, int.MaxValue, long.MaxValue, long.MinValue];

    public IMessage Make(MessageDescriptor type, int depth = 0)
    {
        var message = type.Parser.ParseFrom(ByteString.Empty);
        foreach (var field in type.Fields.InDeclarationOrder())
        {
            if (prng.Chance(1, 3))
                continue;
            if (field.IsRepeated)
                Fill((IList)field.Accessor.GetValue(message), field, depth);
            else if (Value(field, message, depth) is { } value)
                field.Accessor.SetValue(message, value);
        }

        return message;
    }

    private void Fill(IList list, FieldDescriptor field, int depth)
    {
        for (var i = prng.Below(3); i > 0; i--)
        {
            if (Value(field, null, depth) is { } value)
                list.Add(value);
        }
    }

    private object? Value(FieldDescriptor field, IMessage? owner, int depth) => field.FieldType switch
    {
        FieldType.Message => depth < DepthMax ? Make(field.MessageType, depth + 1) : null,
        FieldType.Enum => owner is null ? null : EnumOf(owner.GetType().GetProperty(field.PropertyName)!.PropertyType),
        FieldType.Bytes => ByteString.CopyFromUtf8(Text()),
        FieldType.String => Text(),
        FieldType.Bool => prng.Chance(1, 2),
        FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => (int)Number(),
        FieldType.UInt32 or FieldType.Fixed32 => (uint)Number(),
        FieldType.UInt64 or FieldType.Fixed64 => (ulong)Number(),
        FieldType.Double => (double)Number(),
        FieldType.Float => (float)Number(),
        _ => Number(),
    };

    private object EnumOf(Type type) => Enum.ToObject(type, prng.Chance(1, 4) ? 99 : prng.Below(4));

    private string Text() => _texts[prng.Below(_texts.Length)];

    private long Number() => _numbers[prng.Below(_numbers.Length)];
}
