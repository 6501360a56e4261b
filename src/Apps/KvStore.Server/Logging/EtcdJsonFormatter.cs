using System.Globalization;
using System.Text;
using System.Text.Json;
using Serilog.Events;
using Serilog.Formatting;

namespace KvStore.Server.Logging;

/// <summary>One JSON object a line with etcd's names: level, ts, caller, msg, then the event's own fields.</summary>
internal sealed class EtcdJsonFormatter : ITextFormatter
{
    private static readonly JsonWriterOptions WriterOptions = new()
    {
        // Log lines are read by people and collectors, not embedded in pages: only what JSON itself demands is escaped.
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public void Format(LogEvent logEvent, TextWriter output)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, WriterOptions))
        {
            json.WriteStartObject();
            json.WriteString("level", LevelName(logEvent.Level));
            json.WriteString("ts", logEvent.Timestamp.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
            if (logEvent.Properties.TryGetValue("SourceContext", out var source) && source is ScalarValue { Value: string caller })
                json.WriteString("caller", caller);
            json.WriteString("msg", logEvent.RenderMessage(CultureInfo.InvariantCulture));
            foreach (var (name, value) in logEvent.Properties)
            {
                if (name is not ("SourceContext" or "EventId"))
                    WriteField(json, name, value);
            }

            if (logEvent.Exception is { } exception)
                json.WriteString("error", exception.ToString());
            json.WriteEndObject();
        }

        output.WriteLine(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }

    public static string LevelName(LogEventLevel level) => level switch
    {
        LogEventLevel.Verbose or LogEventLevel.Debug => "debug",
        LogEventLevel.Information => "info",
        LogEventLevel.Warning => "warn",
        LogEventLevel.Error => "error",
        _ => "fatal",
    };

    private static void WriteField(Utf8JsonWriter json, string name, LogEventPropertyValue value)
    {
        switch (value)
        {
            case ScalarValue { Value: bool flag }:
                json.WriteBoolean(name, flag);
                break;
            case ScalarValue { Value: int or long or uint or ulong or short or byte } number:
                json.WriteNumber(name, Convert.ToDecimal(number.Value, CultureInfo.InvariantCulture));
                break;
            case ScalarValue { Value: double number }:
                json.WriteNumber(name, number);
                break;
            case ScalarValue scalar:
                json.WriteString(name, Convert.ToString(scalar.Value, CultureInfo.InvariantCulture));
                break;
            case SequenceValue sequence:
                json.WriteStartArray(name);
                foreach (var element in sequence.Elements)
                    json.WriteStringValue(element is ScalarValue scalarElement ? Convert.ToString(scalarElement.Value, CultureInfo.InvariantCulture) : element.ToString());
                json.WriteEndArray();
                break;
            default:
                json.WriteString(name, value.ToString());
                break;
        }
    }
}
