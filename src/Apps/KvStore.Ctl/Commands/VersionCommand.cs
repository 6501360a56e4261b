using System.Reflection;
using KvStore.Ctl.Arguments;

namespace KvStore.Ctl.Commands;

internal static class VersionCommand
{
    /// <summary>The API of etcd's releases 3.7.</summary>
    private const string ApiVersion = "3.7";

    public static Command Definition { get; } = new()
    {
        Name = "version",
        Use = "version",
        Summary = "Prints the version of kvctl",
        NeedsCluster = false,
        Run = call =>
        {
            var version = typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
            call.Output.Write($"{ProgramName.Current} version: {version.Split('+')[0]}\nAPI version: {ApiVersion}\n");
            return Task.CompletedTask;
        },
    };
}
