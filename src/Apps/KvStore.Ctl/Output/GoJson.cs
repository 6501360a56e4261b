using System.Collections;
using System.Globalization;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace KvStore.Ctl.Output;

/// <summary>
/// Go's encoding/json of etcd's generated structs, which is not protobuf's JSON: numbers are numbers, enums too, bytes base64, names
/// as in the .proto, and what is zero is left out. A oneof is a member named after it that holds the chosen field.
/// </summary>
internal static class GoJson
{
    public static string Of(IMessage message)
    {
        var json = new StringBuilder();
        Append(json, message);
        return json.ToString();
    }

    public static void Append(StringBuilder json, IMessage message)
    {
        json.Append('{');
        AppendFields(json, message, first: true);
        json.Append('}');
    }

    /// <summary>The members without the braces, for structs that embed the message.</summary>
    public static bool AppendFields(StringBuilder json, IMessage message, bool first)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            var value = field.Accessor.GetValue(message);
            var isChosen = field.ContainingOneof is { } choice && choice.Accessor.GetCaseFieldDescriptor(message) == field;
            if (field.ContainingOneof is not null ? !isChosen : IsZero(field, value))
                continue;
            if (!first)
                json.Append(',');
            first = false;
            if (isChosen)
                AppendName(json, GoName(field.ContainingOneof!.Name)).Append('{');
            AppendName(json, field.Name);
            AppendValue(json, field, value);
            if (isChosen)
                json.Append('}');
        }

        return first;
    }

    public static StringBuilder AppendName(StringBuilder json, string name)
    {
        AppendText(json, name);
        return json.Append(':');
    }

    /// <summary>A string in GoText form; `&lt;`, `&gt;` and `&amp;` are escaped as Go does for HTML.</summary>
    public static void AppendText(StringBuilder json, string text)
    {
        json.Append('"');
        ReadOnlySpan<byte> rest = Encoding.Latin1.GetBytes(text);
        while (!rest.IsEmpty)
        {
            var valid = Rune.DecodeFromUtf8(rest, out var rune, out var length) == System.Buffers.OperationStatus.Done;
            AppendRune(json, valid ? rune : Rune.ReplacementChar, rest[..length], valid);
            rest = rest[(valid ? length : 1)..];
        }

        json.Append('"');
    }

    private static void AppendRune(StringBuilder json, Rune rune, ReadOnlySpan<byte> encoded, bool valid)
    {
        const string Named = "\b\f\n\r\t";
        if (!valid)
            json.Append("\\ufffd");
        else if (rune.Value is '"' or '\\')
            json.Append('\\').Append((char)rune.Value);
        else if (rune.Value < 0x80 && Named.IndexOf((char)rune.Value, StringComparison.Ordinal) is >= 0 and var index)
            json.Append('\\').Append("bfnrt"[index]);
        else if (rune.Value is < ' ' or '<' or '>' or '&' or 0x2028 or 0x2029)
            json.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}");
        else
            json.Append(GoText.OfBytes(encoded));
    }

    private static void AppendValue(StringBuilder json, FieldDescriptor field, object value)
    {
        if (!field.IsRepeated)
        {
            AppendOne(json, value);
            return;
        }

        var separator = '[';
        foreach (var element in (IEnumerable)value)
        {
            json.Append(separator);
            AppendOne(json, element);
            separator = ',';
        }

        json.Append(']');
    }

    private static void AppendOne(StringBuilder json, object value)
    {
        switch (value)
        {
            case IMessage message:
                Append(json, message);
                break;
            case ByteString bytes:
                json.Append('"').Append(bytes.ToBase64()).Append('"');
                break;
            case string text:
                AppendText(json, GoText.Of(text));
                break;
            case bool flag:
                json.Append(flag ? "true" : "false");
                break;
            case Enum number:
                json.Append(Convert.ToInt32(number, CultureInfo.InvariantCulture));
                break;
            default:
                json.Append(Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }

    private static bool IsZero(FieldDescriptor field, object? value) => value switch
    {
        null => true,
        _ when field.IsRepeated => ((ICollection)value).Count == 0,
        ByteString bytes => bytes.IsEmpty,
        string text => text.Length == 0,
        bool flag => !flag,
        IMessage => false,
        Enum number => Convert.ToInt32(number, CultureInfo.InvariantCulture) == 0,
        _ => Convert.ToDecimal(value, CultureInfo.InvariantCulture) == 0,
    };

    private static string GoName(string name) => char.ToUpperInvariant(name[0]) + name[1..];
}
