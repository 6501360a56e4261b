namespace KvStore.Ctl;

/// <summary>Ends the program with a code and, unless empty, the line `Error: text` on standard error.</summary>
internal sealed class CtlException : Exception
{
    public CtlException(ExitCode code, string text)
        : base(text) => Code = code;

    public ExitCode Code { get; }

    /// <summary>A line that follows the first of the two error lines cobra's habits make.</summary>
    public string? Hint { get; init; }

    /// <summary>Where a usage text belongs before the error, the command it is about.</summary>
    public Arguments.Command? UsageOf { get; init; }
}
