using System.Collections;
using KvStore.Server.Configuration;
using KvStore.Server.Hosting;

namespace KvStore.Server;

/// <summary>The member's process: settings, then the host, then an exit code supervisors understand.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] arguments)
    {
        try
        {
            var commandLine = CommandLine.Read(arguments);
            switch (commandLine.Action)
            {
                case CommandLineAction.Help:
                    HelpText.WriteHelp(Console.Out);
                    return 0;
                case CommandLineAction.Version:
                    HelpText.WriteVersion(Console.Out);
                    return 0;
            }

            var options = ServerOptionsReader.Read(Settings.Join(commandLine, Environment()));
            return await MemberProcess.RunAsync(options).ConfigureAwait(false);
        }
        catch (ConfigurationException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message).ConfigureAwait(false);
            return exception.ExitCode;
        }
    }

    private static Dictionary<string, string> Environment() =>
        System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "", StringComparer.Ordinal);
}
