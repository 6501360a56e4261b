namespace KvStore.Testing.Processes;

/// <summary>What a program left behind.</summary>
public sealed record ProcessResult(int ExitCode, string Output, string Errors);
