using System.Buffers;
using System.Collections;
using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using KvStore.Grpc;

namespace KvStore.Api.Gateway;

/// <summary>
/// Answers and errors as JSON in the way etcd's gateway writes them: the proto's own names, what has its default left out, 64-bit
/// numbers as strings, bytes in base64, enums by name. Without blanks.
/// </summary>
internal static class JsonResponse
{
    // What these bytes are shown in is not our concern; other writers of JSON escape no more.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(IBufferWriter<byte> output, MessageDescriptor type, in ReadOnlySequence<byte> message)
    {
        using var json = new Utf8JsonWriter(output, Options);
        WriteMessage(json, Read(type, message));
    }

    /// <summary>One message of a stream, on a line.</summary>
    public static void WriteResult(IBufferWriter<byte> output, MessageDescriptor type, in ReadOnlySequence<byte> message)
    {
        using (var json = new Utf8JsonWriter(output, Options))
        {
            json.WriteStartObject();
            json.WritePropertyName("result");
            WriteMessage(json, Read(type, message));
            json.WriteEndObject();
        }

        output.Write("\n"u8);
    }

    /// <summary>Transactions may lie deeper in each other than the generated code takes by itself (100 messages).</summary>
    private static IMessage Read(MessageDescriptor type, in ReadOnlySequence<byte> message)
    {
        using var bytes = new MemoryStream(message.ToArray(), writable: false);
        return type.Parser.ParseFrom(CodedInputStream.CreateWithLimits(bytes, sizeLimit: int.MaxValue, recursionLimit: JsonRequest.DepthMax));
    }

    public static void WriteError(IBufferWriter<byte> output, in GrpcStatus status)
    {
        using var json = new Utf8JsonWriter(output, Options);
        WriteStatus(json, status);
    }

    /// <summary>The end of a stream that did not end well, on a line.</summary>
    public static void WriteStreamError(IBufferWriter<byte> output, in GrpcStatus status)
    {
        using (var json = new Utf8JsonWriter(output, Options))
        {
            json.WriteStartObject();
            json.WritePropertyName("error");
            WriteStatus(json, status);
            json.WriteEndObject();
        }

        output.Write("\n"u8);
    }

    private static void WriteStatus(Utf8JsonWriter json, in GrpcStatus status)
    {
        json.WriteStartObject();
        json.WriteNumber("code", (int)status.Code);
        if (status.Message.Length > 0)
            json.WriteString("message", status.Message);
        json.WriteEndObject();
    }

    private static void WriteMessage(Utf8JsonWriter json, IMessage message)
    {
        json.WriteStartObject();
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            if (!IsPresent(field, message))
                continue;
            json.WritePropertyName(field.Name);
            var value = field.Accessor.GetValue(message);
            if (!field.IsRepeated)
            {
                WriteValue(json, field, value);
                continue;
            }

            json.WriteStartArray();
            foreach (var element in (IList)value)
                WriteValue(json, field, element!);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static bool IsPresent(FieldDescriptor field, IMessage message)
    {
        if (field.HasPresence)
            return field.Accessor.HasValue(message);
        var value = field.Accessor.GetValue(message);
        return value switch
        {
            IList list => list.Count > 0,
            long number => number != 0,
            ulong number => number != 0,
            int number => number != 0,
            uint number => number != 0,
            bool flag => flag,
            string text => text.Length > 0,
            ByteString bytes => bytes.Length > 0,
            _ => Convert.ToInt32(value, System.Globalization.CultureInfo.InvariantCulture) != 0,
        };
    }

    private static void WriteValue(Utf8JsonWriter json, FieldDescriptor field, object value)
    {
        switch (value)
        {
            case IMessage message:
                WriteMessage(json, message);
                break;
            case long or ulong:
                json.WriteStringValue(Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture));
                break;
            case uint number:
                json.WriteNumberValue(number);
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case ByteString bytes:
                json.WriteBase64StringValue(bytes.Span);
                break;
            default:
                WriteEnum(json, field, Convert.ToInt32(value, System.Globalization.CultureInfo.InvariantCulture));
                break;
        }
    }

    private static void WriteEnum(Utf8JsonWriter json, FieldDescriptor field, int number)
    {
        if (field.FieldType == FieldType.Enum && field.EnumType.FindValueByNumber(number) is { } known)
            json.WriteStringValue(known.Name);
        else
            json.WriteNumberValue(number);
    }
}
