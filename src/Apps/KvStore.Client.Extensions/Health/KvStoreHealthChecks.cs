using KvStore.Client;
using KvStore.Client.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;

// The namespace of what is extended, so that the method is found without knowing ours.
namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the cluster to an application's health checks.</summary>
public static class KvStoreHealthChecks
{
    /// <summary>How long the cluster may take to answer: an election fits in, a hanging check does not.</summary>
    private static readonly TimeSpan TimeoutDefault = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Adds a check of the registered client's cluster: healthy when it answers a linearizable read, degraded while an alarm is raised.
    /// </summary>
    /// <param name="builder">The application's health checks.</param>
    /// <param name="name">The check's name.</param>
    /// <param name="failureStatus">What is reported when the cluster does not answer; unhealthy unless said otherwise.</param>
    /// <param name="tags">For filtering.</param>
    /// <param name="timeout">How long the cluster may take to answer; 5 s unless said otherwise.</param>
    /// <param name="clientKey">The key of the client, when it was registered under one.</param>
    public static IHealthChecksBuilder AddKvStore(
        this IHealthChecksBuilder builder,
        string name = "kvstore",
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null,
        object? clientKey = null) =>
        builder.Add(new HealthCheckRegistration(
            name,
            provider => new KvStoreHealthCheck(clientKey is null ? provider.GetRequiredService<KvClient>() : provider.GetRequiredKeyedService<KvClient>(clientKey)),
            failureStatus,
            tags,
            timeout ?? TimeoutDefault));
}
