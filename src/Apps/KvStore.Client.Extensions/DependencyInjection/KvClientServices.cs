using KvStore.Client;
using Microsoft.Extensions.Configuration;

// The namespace of what is extended, so that the methods are found without knowing ours.
namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers clients. A client is a singleton; the container makes it at its first use and disposes it at the end.</summary>
public static class KvClientServices
{
    /// <summary>Registers the client.</summary>
    public static IServiceCollection AddKvClient(this IServiceCollection services, KvClientOptions options) =>
        services.AddKvClient(_ => options);

    /// <summary>Registers the client with options that are made from other services.</summary>
    public static IServiceCollection AddKvClient(this IServiceCollection services, Func<IServiceProvider, KvClientOptions> options) =>
        services.AddSingleton(provider => new KvClient(options(provider)));

    /// <summary>
    /// Registers the client with the options of a section: the properties of <see cref="KvClientOptions"/> by their names, for instance
    /// `Endpoints:0`, `User`, `CallTimeout` and `Tls:CaFile`. Read once, when the client is made.
    /// </summary>
    /// <exception cref="InvalidOperationException">The section names no endpoint. Thrown at once, not at the first use.</exception>
    public static IServiceCollection AddKvClient(this IServiceCollection services, IConfiguration section) =>
        services.AddKvClient(section.GetKvClientOptions());

    /// <summary>Registers one of several clients under a key, as keyed services do.</summary>
    public static IServiceCollection AddKeyedKvClient(this IServiceCollection services, object key, KvClientOptions options) =>
        services.AddKeyedSingleton(key, (_, _) => new KvClient(options));

    /// <summary>The options of a section, as <see cref="AddKvClient(IServiceCollection, IConfiguration)"/> reads them.</summary>
    /// <exception cref="InvalidOperationException">The section names no endpoint.</exception>
    public static KvClientOptions GetKvClientOptions(this IConfiguration section)
    {
        var options = section.Get<KvClientOptions>();
        return options?.Endpoints is { Count: > 0 }
            ? options
            : throw new InvalidOperationException($"configuration section '{(section as IConfigurationSection)?.Path}' names no endpoint (Endpoints:0)");
    }
}
