using KvStore.Server.Configuration;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;

namespace KvStore.Server.Logging;

/// <summary>Makes the process's logger from the options. Passwords and values never reach it: events carry named fields only.</summary>
internal static class LogSetup
{
    /// <summary>Log lines that may wait for a slow terminal or disk; beyond it lines are dropped rather than a lane held up.</summary>
    private const int WaitingLinesMax = 10_000;

    public static Logger Create(ServerOptions options)
    {
        ITextFormatter formatter = options.LogsForPeople ? new ConsoleLineFormatter() : new EtcdJsonFormatter();
        var configuration = new LoggerConfiguration()
            .MinimumLevel.Is(Level(options.LogLevel))
            // The web server reports each broken connection at its own levels; ours are the lines that matter.
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
            // Kestrel warns that clear text cannot negotiate HTTP/2; the room recognises it by its first bytes.
            .MinimumLevel.Override("Microsoft.AspNetCore.Server.Kestrel", LogEventLevel.Error)
            // A listener that cannot be bound is said in one line by who starts it.
            .MinimumLevel.Override("Microsoft.Extensions.Hosting", LogEventLevel.Fatal);
        foreach (var output in options.LogOutputs)
            configuration.WriteTo.Async(sink => AddSink(sink, output, formatter, options.LogRotation), WaitingLinesMax, blockWhenFull: false);
        return configuration.CreateLogger();
    }

    public static bool WritesToStandardError(ServerOptions options) =>
        options.LogOutputs.Any(output => !LogOutput.IsFile(output) && output != LogOutput.StandardOutput);

    private static void AddSink(Serilog.Configuration.LoggerSinkConfiguration sink, string output, ITextFormatter formatter, LogRotation? rotation)
    {
        if (LogOutput.IsFile(output))
            sink.Sink(OpenFile(output, formatter, rotation));
        else if (output == LogOutput.StandardOutput)
            sink.Console(formatter);
        else
            sink.Console(formatter, standardErrorFromLevel: LogEventLevel.Verbose);
    }

    private static LogFile OpenFile(string path, ITextFormatter formatter, LogRotation? rotation)
    {
        try
        {
            return new LogFile(path, formatter, rotation, TimeProvider.System);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"--log-outputs: couldn't open sink \"{path}\": {exception.Message}");
        }
    }

    private static LogEventLevel Level(string name) => name switch
    {
        "debug" => LogEventLevel.Debug,
        "info" => LogEventLevel.Information,
        "warn" => LogEventLevel.Warning,
        "error" => LogEventLevel.Error,
        _ => LogEventLevel.Fatal,
    };
}
