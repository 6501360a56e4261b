namespace KvStore.Server.Configuration;

/// <summary>A setting that cannot work: one clear line for the operator, and the exit code.</summary>
internal sealed class ConfigurationException(string message, int exitCode = 1) : Exception(message)
{
    /// <summary>2 for a command line that cannot be read, as Go's flag package; 1 otherwise.</summary>
    public int ExitCode { get; } = exitCode;
}
