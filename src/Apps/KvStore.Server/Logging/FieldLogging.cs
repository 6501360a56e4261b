using Serilog;
using Serilog.Core;
using Serilog.Core.Enrichers;
using Serilog.Events;

namespace KvStore.Server.Logging;

/// <summary>Events as a fixed sentence and named fields, which is what log searches need.</summary>
internal static class FieldLogging
{
    public static void Info(this ILogger logger, string message, params ReadOnlySpan<(string Name, object? Value)> fields) =>
        Write(logger, LogEventLevel.Information, null, message, fields);

    public static void Warn(this ILogger logger, string message, params ReadOnlySpan<(string Name, object? Value)> fields) =>
        Write(logger, LogEventLevel.Warning, null, message, fields);

    public static void Fail(this ILogger logger, Exception? exception, string message, params ReadOnlySpan<(string Name, object? Value)> fields) =>
        Write(logger, LogEventLevel.Error, exception, message, fields);

    /// <summary>The reason for which the process ends; no level suppresses it.</summary>
    public static void FatalEvent(this ILogger logger, string message, params ReadOnlySpan<(string Name, object? Value)> fields) =>
        Write(logger, LogEventLevel.Fatal, null, message, fields);

    public static void DebugEvent(this ILogger logger, string message, params ReadOnlySpan<(string Name, object? Value)> fields) =>
        Write(logger, LogEventLevel.Debug, null, message, fields);

    private static void Write(
        ILogger logger, LogEventLevel level, Exception? exception, string message, ReadOnlySpan<(string Name, object? Value)> fields)
    {
        if (!logger.IsEnabled(level))
            return;
        var enrichers = new ILogEventEnricher[fields.Length];
        for (var i = 0; i < fields.Length; i++)
            enrichers[i] = new PropertyEnricher(fields[i].Name, fields[i].Value);
        // The message is a constant of the program, never data: it has no holes to fill.
        logger.ForContext(enrichers).Write(level, exception, message);
    }
}
