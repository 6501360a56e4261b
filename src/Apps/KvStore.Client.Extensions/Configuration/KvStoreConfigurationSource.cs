using Microsoft.Extensions.Configuration;

namespace KvStore.Client.Extensions;

/// <summary>Keys of a cluster as a source of configuration.</summary>
/// <param name="options">Which keys, and how they are followed.</param>
public sealed class KvStoreConfigurationSource(KvStoreConfigurationOptions options) : IConfigurationSource
{
    /// <summary>Which keys, and how they are followed.</summary>
    public KvStoreConfigurationOptions Options { get; } = options;

    /// <inheritdoc />
    public IConfigurationProvider Build(IConfigurationBuilder builder) => new KvStoreConfigurationProvider(Options);
}
