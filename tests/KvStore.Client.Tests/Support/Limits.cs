namespace KvStore.Client.Tests.Support;

/// <summary>How long a test waits for what must come.</summary>
internal static class Limits
{
    /// <summary>On a machine with far more to do than cores; what is waited for comes within milliseconds otherwise.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static CancellationToken Patient() => new CancellationTokenSource(Patience).Token;
}
