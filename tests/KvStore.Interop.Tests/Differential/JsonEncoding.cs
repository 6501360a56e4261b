using System.Globalization;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using KvStore.Primitives;

namespace KvStore.Interop.Tests.Differential;

/// <summary>
/// One message as JSON in one of the many ways that mean the same: fields in any order, by their own name or in camelCase, numbers of
/// 64 bits as numbers or strings, bytes in either alphabet of base64 with or without padding, values of enumerations by name or number,
/// blanks, escapes, and fields that nobody knows.
/// </summary>
internal sealed class JsonEncoding(Prng random)
{
    public byte[] Of(IMessage message)
    {
        var text = new StringBuilder();
        Write(text, message);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private void Write(StringBuilder text, IMessage message)
    {
        var fields = message.Descriptor.Fields.InDeclarationOrder().Where(field => IsSaid(field, message)).OrderBy(_ => random.NextUInt64());
        var parts = fields.Select(field => Name(field) + ":" + Blank() + Value(field, field.Accessor.GetValue(message))).ToList();
        if (random.Chance(1, 12))
            parts.Insert(random.Below(parts.Count + 1), Unknown());
        text.Append('{').Append(Blank()).AppendJoin("," + Blank(), parts).Append(Blank()).Append('}');
    }

    /// <summary>What has its default need not be said, and sometimes is; of a choice only what was chosen.</summary>
    private bool IsSaid(FieldDescriptor field, IMessage message)
    {
        if (field.HasPresence)
            return field.Accessor.HasValue(message);
        var value = field.Accessor.GetValue(message);
        if (value is System.Collections.IList list)
            return list.Count > 0 || random.Chance(1, 10);
        var isDefault = value switch
        {
            null => true,
            ByteString bytes => bytes.IsEmpty,
            string text => text.Length == 0,
            bool flag => !flag,
            _ => Convert.ToInt64(value is ulong number ? unchecked((long)number) : value, CultureInfo.InvariantCulture) == 0,
        };
        return !isDefault || random.Chance(1, 10);
    }

    private string Name(FieldDescriptor field) => Quoted(random.Chance(1, 2) ? field.Name : field.JsonName);

    private string Value(FieldDescriptor field, object value) =>
        value is System.Collections.IList list && field.IsRepeated ? "[" + string.Join(',', list.Cast<object>().Select(one => One(field, one))) + "]" : One(field, value);

    private string One(FieldDescriptor field, object value)
    {
        switch (field.FieldType)
        {
            case FieldType.Message:
                var text = new StringBuilder();
                Write(text, (IMessage)value);
                return text.ToString();
            case FieldType.Bytes:
                return Quoted(Base64((ByteString)value));
            case FieldType.String:
                return Quoted((string)value);
            case FieldType.Bool:
                return (bool)value ? "true" : "false";
            case FieldType.Enum:
                var number = Convert.ToInt32(value, CultureInfo.InvariantCulture);
                return field.EnumType.FindValueByNumber(number) is { } known && random.Chance(1, 2) ? Quoted(known.Name) : number.ToString(CultureInfo.InvariantCulture);
            default:
                var digits = Convert.ToString(value, CultureInfo.InvariantCulture)!;
                return random.Chance(1, 2) ? Quoted(digits) : digits;
        }
    }

    private string Base64(ByteString bytes)
    {
        var text = bytes.ToBase64();
        if (random.Chance(1, 3))
            text = text.Replace('+', '-').Replace('/', '_');
        return random.Chance(1, 3) ? text.TrimEnd('=') : text;
    }

    private string Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var character in text)
        {
            if (character is '"' or '\\' || character < ' ' || random.Chance(1, 60))
                quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}");
            else
                quoted.Append(character);
        }

        return quoted.Append('"').ToString();
    }

    private string Unknown() => random.Below(4) switch
    {
        0 => "\"nobody\":null",
        1 => "\"no_body\":{\"key\":[1,-2.5e3,\"}\"],\"x\":{}}",
        2 => "\"KEY\":\"YQ==\"",
        _ => "\"\":[true,false]",
    };

    private string Blank() => random.Below(12) switch { 0 => " ", 1 => "\n", 2 => "\t ", _ => "" };
}
