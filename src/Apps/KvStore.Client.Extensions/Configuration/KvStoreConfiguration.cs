using KvStore.Client;
using KvStore.Client.Extensions;

// The namespace of what is extended, so that the methods are found without knowing ours.
namespace Microsoft.Extensions.Configuration;

/// <summary>Adds keys of a cluster to an application's configuration.</summary>
public static class KvStoreConfiguration
{
    /// <summary>Adds the keys with a prefix, and reloads when one of them changes.</summary>
    /// <param name="builder">The application's configuration.</param>
    /// <param name="client">Where the cluster is.</param>
    /// <param name="prefix">Left away from the keys; in the rest `/` stands for `:`.</param>
    public static IConfigurationBuilder AddKvStore(this IConfigurationBuilder builder, KvClientOptions client, string prefix) =>
        builder.AddKvStore(new KvStoreConfigurationOptions { Client = client, Prefix = prefix });

    /// <summary>Adds the keys that the options name.</summary>
    public static IConfigurationBuilder AddKvStore(this IConfigurationBuilder builder, KvStoreConfigurationOptions options) =>
        builder.Add(new KvStoreConfigurationSource(options));
}
