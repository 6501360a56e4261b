using KvStore.Client.Tests.Support;
using KvStore.Testing.Processes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace KvStore.Client.Tests.Extensions;

/// <summary>Clients and health checks in a container.</summary>
[Collection(MembersCollection.Name)]
public sealed class ServicesTests(Members members)
{
    [Fact]
    public async Task Client_OfASection_IsOneAndIsDisposedWithTheContainer()
    {
        var section = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["KvStore:Endpoints:0"] = members[Members.Ours].Endpoint,
            ["KvStore:CallTimeout"] = "00:00:20",
            ["KvStore:User"] = "nobody",
            ["KvStore:Tls:CaFile"] = "/etc/ca.crt",
        }).Build().GetSection("KvStore");
        KvClient client;
        await using (var services = new ServiceCollection().AddKvClient(section).BuildServiceProvider())
        {
            client = services.GetRequiredService<KvClient>();
            Assert.Same(client, services.GetRequiredService<KvClient>());
            Assert.Equal((TimeSpan.FromSeconds(20), "nobody", "/etc/ca.crt"), (client.Options.CallTimeout!.Value, client.Options.User, client.Options.Tls!.CaFile));
            Assert.Null(await client.Kv.GetAsync("test-nothing"));
        }

        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.Kv.GetAsync("test-nothing"));
    }

    [Fact]
    public void Section_WithoutAnEndpoint_IsRefusedAtOnce()
    {
        var empty = new ConfigurationBuilder().Build().GetSection("KvStore");
        var refused = Assert.Throws<InvalidOperationException>(() => new ServiceCollection().AddKvClient(empty));
        Assert.Contains("'KvStore' names no endpoint", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HealthCheck_TellsWhetherTheClusterAnswers()
    {
        var nobody = FreePorts.Take(1)[0];
        await using var services = new ServiceCollection()
            .AddLogging()
            .AddKvClient(_ => new KvClientOptions { Endpoints = [members[Members.Ours].Endpoint], CallTimeout = Limits.Patience })
            .AddKeyedKvClient("gone", new KvClientOptions { Endpoints = [$"127.0.0.1:{nobody}"], CallTimeout = TimeSpan.FromMilliseconds(300) })
            .AddHealthChecks()
            .AddKvStore(timeout: Limits.Patience)
            .AddKvStore("gone", HealthStatus.Degraded, clientKey: "gone")
            .Services.BuildServiceProvider();
        var report = await services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Limits.Patient());
        Assert.Equal(HealthStatus.Healthy, report.Entries["kvstore"].Status);
        Assert.Equal(HealthStatus.Degraded, report.Entries["gone"].Status);
        Assert.NotNull(report.Entries["gone"].Exception);
    }
}
