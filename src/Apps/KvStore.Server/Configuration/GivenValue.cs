namespace KvStore.Server.Configuration;

/// <summary>A value as the operator wrote it, and where.</summary>
internal readonly record struct GivenValue(string Text, ValueSource Source);
