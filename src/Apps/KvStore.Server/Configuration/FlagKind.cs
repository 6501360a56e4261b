namespace KvStore.Server.Configuration;

/// <summary>The form of a flag's value, as Go's flag package reads it.</summary>
internal enum FlagKind
{
    Text,
    Bool,
    Int,
    Uint,
    Duration,
    List,
}
