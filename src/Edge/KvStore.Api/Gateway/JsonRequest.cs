using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Google.Protobuf.Reflection;
using KvStore.Grpc;
using KvStore.Primitives;
using KvStore.StateMachine;

namespace KvStore.Api.Gateway;

/// <summary>
/// A JSON object as the bytes of a protobuf message, by the rules of Go's protojson with unknown names discarded: a field once, one
/// field of a oneof, null as absent, an unknown name of an enum as absent. Written straight to the wire form; no message is made.
/// </summary>
internal static class JsonRequest
{
    /// <summary>
    /// How deep messages may lie in each other: what the member takes, two levels for each transaction in another, and some to spare. Go
    /// allows ten thousand; here each level is a frame of this thread's stack and a copy of all that lies in it.
    /// </summary>
    internal const int DepthMax = (2 * RequestValidator.NestedTxnsMax) + 8;

    private static readonly JsonReaderOptions Options = new() { MaxDepth = 4 * DepthMax };

    /// <summary>The encoded message; throws <see cref="GatewayException"/> with InvalidArgument where the text is none.</summary>
    public static ReadOnlyMemory<byte> Encode(MessageDescriptor type, ReadOnlySpan<byte> json)
    {
        // Wherever it stands, text that is not UTF-8 is an error; the reader below would not see it in what it skips.
        if (!Utf8.IsValid(json))
            throw Refuse("syntax error: invalid UTF-8 in string");
        try
        {
            var reader = new Utf8JsonReader(json, Options);
            reader.Read();
            var message = new ByteWriter(json.Length);
            WriteMessage(ref reader, type, message, depth: 0);
            return message.WrittenMemory;
        }
        catch (JsonException broken)
        {
            throw Refuse("syntax error: " + broken.Message);
        }
        catch (InvalidOperationException)
        {
            // The reader's word for an escape that is half of a pair.
            throw Refuse("syntax error: invalid escape in string");
        }
    }

    private static void WriteMessage(ref Utf8JsonReader reader, MessageDescriptor type, ByteWriter output, int depth)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Refuse($"unexpected token for message {type.FullName}");
        if (depth > DepthMax)
            throw Refuse("exceeded max recursion depth");
        var shape = JsonShape.Of(type);
        var seen = new HashSet<int>();
        var chosen = new HashSet<OneofDescriptor>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (shape.Find(name) is not { } field)
            {
                Skip(ref reader);
                continue;
            }

            if (!seen.Add(field.FieldNumber))
                throw Refuse($"duplicate field \"{name}\"");
            if (reader.TokenType == JsonTokenType.Null)
                continue;
            if (field.IsRepeated)
                WriteList(ref reader, field, output, depth);
            else if (field.ContainingOneof is { } oneof && !chosen.Add(oneof))
                throw Refuse($"error parsing \"{name}\", oneof {oneof.FullName} is already set");
            else
                WriteValue(ref reader, field, output, depth);
        }
    }

    private static void WriteList(ref Utf8JsonReader reader, FieldDescriptor field, ByteWriter output, int depth)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw Refuse($"unexpected token for list field {field.Name}");
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            WriteValue(ref reader, field, output, depth);
    }

    private static void WriteValue(ref Utf8JsonReader reader, FieldDescriptor field, ByteWriter output, int depth)
    {
        switch (field.FieldType)
        {
            case FieldType.Message:
                var nested = new ByteWriter(64);
                WriteMessage(ref reader, field.MessageType, nested, depth + 1);
                WriteBytes(output, field, nested.WrittenSpan);
                break;
            case FieldType.Bytes:
                if (reader.TokenType != JsonTokenType.String || !JsonScalars.TryBytes(reader.GetString()!, out var bytes))
                    throw Invalid(field);
                WriteBytes(output, field, bytes);
                break;
            case FieldType.String:
                if (reader.TokenType != JsonTokenType.String)
                    throw Invalid(field);
                WriteBytes(output, field, Encoding.UTF8.GetBytes(reader.GetString()!));
                break;
            case FieldType.Bool:
                if (reader.TokenType is not (JsonTokenType.True or JsonTokenType.False))
                    throw Invalid(field);
                WriteNumber(output, field, reader.GetBoolean() ? 1UL : 0);
                break;
            case FieldType.Enum:
                if (TryEnum(ref reader, field, out var number))
                    WriteNumber(output, field, (ulong)(long)number);
                break;
            default:
                WriteNumber(output, field, Integer(ref reader, field));
                break;
        }
    }

    /// <summary>False for a name the enum does not have: it is discarded like an unknown field.</summary>
    private static bool TryEnum(ref Utf8JsonReader reader, FieldDescriptor field, out int number)
    {
        number = 0;
        if (reader.TokenType == JsonTokenType.String)
        {
            var value = field.EnumType.FindValueByName(reader.GetString()!);
            number = value?.Number ?? 0;
            return value is not null;
        }

        if (reader.TokenType != JsonTokenType.Number || !JsonScalars.TryInteger(ref reader, int.MinValue, int.MaxValue, out var integer))
            throw Invalid(field);
        number = (int)integer;
        return true;
    }

    private static ulong Integer(ref Utf8JsonReader reader, FieldDescriptor field)
    {
        (BigInteger Min, BigInteger Max) = field.FieldType switch
        {
            FieldType.Int64 => (long.MinValue, long.MaxValue),
            FieldType.UInt64 => (ulong.MinValue, ulong.MaxValue),
            FieldType.Int32 => (int.MinValue, int.MaxValue),
            FieldType.UInt32 => ((BigInteger)uint.MinValue, (BigInteger)uint.MaxValue),
            _ => throw new InvalidOperationException($"no request of etcd's has a {field.FieldType}"),
        };
        if (!JsonScalars.TryInteger(ref reader, Min, Max, out var value))
            throw Invalid(field);
        return value.Sign < 0 ? (ulong)(long)value : (ulong)value;
    }

    /// <summary>Steps over a value that nobody wants; its strings must be strings all the same.</summary>
    private static void Skip(ref Utf8JsonReader reader)
    {
        var depth = reader.CurrentDepth;
        while (true)
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped)
                reader.GetString();
            if (reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray) && reader.CurrentDepth == depth)
                return;
            reader.Read();
        }
    }

    private static void WriteNumber(ByteWriter output, FieldDescriptor field, ulong value)
    {
        output.WriteTag(field.FieldNumber, Wire.WireType.Varint);
        output.WriteVarint(value);
    }

    private static void WriteBytes(ByteWriter output, FieldDescriptor field, ReadOnlySpan<byte> bytes)
    {
        output.WriteTag(field.FieldNumber, Wire.WireType.LengthDelimited);
        output.WriteVarint((ulong)bytes.Length);
        output.Write(bytes);
    }

    private static GatewayException Invalid(FieldDescriptor field) => Refuse($"invalid value for {Kind(field)} field {field.Name}");

    private static string Kind(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Int64 => "int64",
        FieldType.UInt64 => "uint64",
        FieldType.Bytes => "bytes",
        FieldType.String => "string",
        FieldType.Bool => "bool",
        FieldType.Enum => "enum",
        _ => "number",
    };

    private static GatewayException Refuse(string what) => new(StatusCode.InvalidArgument, "proto: " + what);
}
