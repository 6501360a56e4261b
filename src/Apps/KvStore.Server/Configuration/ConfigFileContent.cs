namespace KvStore.Server.Configuration;

/// <summary>What a configuration file sets, by flag name, and the keys that mean nothing.</summary>
internal sealed record ConfigFileContent(IReadOnlyDictionary<string, string> Values, IReadOnlyList<string> Unknown);
