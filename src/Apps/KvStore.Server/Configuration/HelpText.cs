namespace KvStore.Server.Configuration;

/// <summary>What --help and --version print; harnesses parse both.</summary>
internal static class HelpText
{
    /// <summary>The level of etcd's API that this server speaks. Clients parse it as a semantic version and switch features on by it.</summary>
    public const string ApiVersion = "3.7.1";

    public static void WriteHelp(TextWriter output)
    {
        output.WriteLine("Usage:");
        output.WriteLine();
        output.WriteLine("  kvstore [flags]");
        output.WriteLine("    Start a member of a cluster.");
        output.WriteLine();
        output.WriteLine("  kvstore --version");
        output.WriteLine("    Show the version.");
        output.WriteLine();
        output.WriteLine("Every flag can be given as an environment variable: ETCD_ and its name in capitals with underscores.");
        output.WriteLine();
        foreach (var flag in FlagTable.All)
        {
            output.WriteLine($"  --{flag.Name} '{flag.Default}'");
            var note = flag.Effect == FlagEffect.Effective ? "" : $" ({(flag.Effect == FlagEffect.Inert ? "changes nothing" : "not supported")}: {flag.Note})";
            output.WriteLine($"    {flag.Help}{note}");
        }
    }

    public static void WriteVersion(TextWriter output)
    {
        output.WriteLine($"etcd Version: {ApiVersion}");
        output.WriteLine("Git SHA: Not provided");
        output.WriteLine($"Go Version: none (.NET {Environment.Version})");
        output.WriteLine($"Go OS/Arch: {OperatingSystemName()}/{ArchitectureName()}");
        output.WriteLine($"KvStore Version: {typeof(HelpText).Assembly.GetName().Version?.ToString(3)}");
    }

    private static string OperatingSystemName() =>
        OperatingSystem.IsMacOS() ? "darwin" : OperatingSystem.IsWindows() ? "windows" : "linux";

    private static string ArchitectureName() => System.Runtime.InteropServices.RuntimeInformation.OSArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        var other => other.ToString().ToLowerInvariant(),
    };
}
