namespace KvStore.Client.Extensions;

/// <summary>Which keys are an application's configuration, and how they are followed.</summary>
public sealed record KvStoreConfigurationOptions
{
    /// <summary>Where the cluster is.</summary>
    public required KvClientOptions Client { get; init; }

    /// <summary>
    /// The keys with this prefix are the configuration. What is left of a key is a path in which `/` stands for `:`, so that under
    /// `app/` the key `app/Logging/LogLevel/Default` is `Logging:LogLevel:Default`.
    /// </summary>
    public string Prefix { get; init; } = "";

    /// <summary>Follows the keys and reloads when one changes.</summary>
    public bool ReloadsOnChange { get; init; } = true;

    /// <summary>Starts without this source when the cluster does not answer in time, and loads it once it does.</summary>
    public bool IsOptional { get; init; }

    /// <summary>How long the first load may take: the application does not start before.</summary>
    public TimeSpan LoadTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Pause after a failure before the keys are read again: a refusal is not cured by asking at once.</summary>
    public TimeSpan RetryPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Told of each failure to follow the keys; the configuration stays what it was, and the attempt is repeated. Called on a pool thread.
    /// </summary>
    public Action<Exception>? OnFailure { get; init; }
}
