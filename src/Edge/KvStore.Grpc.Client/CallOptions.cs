namespace KvStore.Grpc.Client;

/// <summary>What one call may say beside its message.</summary>
public sealed record CallOptions
{
    public static readonly CallOptions None = new();

    /// <summary>Request metadata.</summary>
    public Metadata Headers { get; init; } = Metadata.Empty;

    /// <summary>Time the whole call may take, repeats included; null without a limit.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>When a unary call is sent again.</summary>
    public RepeatRule Repeat { get; init; } = RepeatRule.IfNeverSent;
}
