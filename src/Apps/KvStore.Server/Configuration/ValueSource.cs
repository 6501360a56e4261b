namespace KvStore.Server.Configuration;

/// <summary>Where a value was written; a complaint about it names the place.</summary>
internal enum ValueSource
{
    CommandLine,
    Environment,
    File,
}
