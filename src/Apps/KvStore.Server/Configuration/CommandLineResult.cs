namespace KvStore.Server.Configuration;

/// <summary>What the command line asks for: the values by flag name, and legacy flags that were skipped.</summary>
internal sealed record CommandLineResult(CommandLineAction Action, IReadOnlyDictionary<string, string> Values, IReadOnlyList<string> Legacy);
