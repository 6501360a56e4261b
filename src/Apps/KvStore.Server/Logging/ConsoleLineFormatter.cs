using System.Globalization;
using Serilog.Events;
using Serilog.Formatting;

namespace KvStore.Server.Logging;

/// <summary>One line for people: time, level, message, then name=value for each field.</summary>
internal sealed class ConsoleLineFormatter : ITextFormatter
{
    public void Format(LogEvent logEvent, TextWriter output)
    {
        output.Write(logEvent.Timestamp.ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture));
        output.Write(' ');
        output.Write(EtcdJsonFormatter.LevelName(logEvent.Level).PadRight(5));
        output.Write(' ');
        output.Write(logEvent.RenderMessage(CultureInfo.InvariantCulture));
        foreach (var (name, value) in logEvent.Properties)
        {
            if (name is "SourceContext" or "EventId")
                continue;
            output.Write(' ');
            output.Write(name);
            output.Write('=');
            output.Write(value.ToString(null, CultureInfo.InvariantCulture).Replace("\n", "\\n", StringComparison.Ordinal));
        }

        output.WriteLine();
        if (logEvent.Exception is { } exception)
            output.WriteLine(exception.ToString());
    }
}
