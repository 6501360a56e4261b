using KvStore.Client.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace KvStore.Client.Tests.Examples;

/// <summary>What docs/CLIENT.md shows of connecting and of hosting.</summary>
[Collection(MembersCollection.Name)]
public sealed class HostingExamples(Members members)
{
    [Fact]
    public void Connecting()
    {
        using var local = new KvClient("127.0.0.1:2379");

        using var client = new KvClient(new KvClientOptions
        {
            Endpoints = ["https://10.0.0.1:2379", "https://10.0.0.2:2379", "https://10.0.0.3:2379"],
            Tls = new() { CaFile = "ca.crt", CertificateFile = "client.crt", KeyFile = "client.key" },
            User = "app",
            Password = Environment.GetEnvironmentVariable("APP_PASSWORD"),
            CallTimeout = TimeSpan.FromSeconds(5),
        });
        Assert.Equal(3, client.Options.Endpoints.Count);
        Assert.Null(local.Options.User);
    }

    [Fact]
    public async Task Hosting()
    {
        using var scratch = new Scratch(members, Members.Ours);
        var endpoint = members[Members.Ours].Endpoint;
        var prefix = scratch.Prefix + "app/";
        await scratch.Client.Kv.PutAsync("app/Greeting/Text", "hello");

        var configuration = new ConfigurationBuilder()
            .AddKvStore(new KvClientOptions { Endpoints = [endpoint] }, prefix)
            .Build();
        using var disposing = (IDisposable)configuration;
        Assert.Equal("hello", configuration["Greeting:Text"]);

        var services = new ServiceCollection().AddLogging();
        services.AddKvClient(new KvClientOptions { Endpoints = [endpoint] });
        services.AddHealthChecks().AddKvStore();
        await using var provider = services.BuildServiceProvider();
        var report = await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync(Limits.Patient());
        Assert.Equal(HealthStatus.Healthy, report.Status);
    }
}
