using KvStore.Client.Extensions;
using KvStore.Client.Tests.Support;
using KvStore.Grpc;
using KvStore.Testing.Processes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Primitives;

namespace KvStore.Client.Tests.Extensions;

/// <summary>Keys as an application's configuration.</summary>
[Collection(MembersCollection.Name)]
public sealed class ConfigurationTests(Members members)
{
    public static TheoryData<string> Both => Members.Both;

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Configuration_FollowsItsKeys(string which)
    {
        using var scratch = new Scratch(members, which);
        await scratch.Client.Kv.PutAsync("app/Logging/LogLevel/Default", "Warning");
        await scratch.Client.Kv.PutAsync("other/Logging", "not ours");
        var root = new ConfigurationBuilder().AddKvStore(scratch.Whole.Options, scratch.Prefix + "app/").Build();
        using var disposing = (IDisposable)root;
        Assert.Equal("Warning", root["Logging:LogLevel:Default"]);
        Assert.Equal(["Logging"], root.GetChildren().Select(section => section.Key));

        using var reloads = new Reloads(root);
        await scratch.Client.Kv.Transaction().Then(Operation.Put("app/Logging/LogLevel/Default", "Debug"), Operation.Put("app/Name", "x")).CommitAsync();
        await reloads.NextAsync();
        // A transaction is seen as a whole.
        Assert.Equal(("Debug", "x"), (root["Logging:LogLevel:Default"], root["name"]));
        await scratch.Client.Kv.DeleteAsync("app/Name");
        await reloads.NextAsync();
        Assert.Null(root["Name"]);
    }

    /// <summary>Method: the source is optional, its server starts afterwards, and later loses what the watch needs next to a compaction.</summary>
    [Fact]
    public async Task OptionalSource_OfAServerThatStartsLater_IsLoadedThen_AndSurvivesACompaction()
    {
        using var folder = new TestFolder();
        using var server = Members.Make(Members.Ours, folder.Combine("data"));
        var failures = 0;
        var root = new ConfigurationBuilder().AddKvStore(new KvStoreConfigurationOptions
        {
            Client = new KvClientOptions { Endpoints = [server.Endpoint] },
            Prefix = "app/",
            IsOptional = true,
            LoadTimeout = TimeSpan.FromMilliseconds(300),
            RetryPause = TimeSpan.FromMilliseconds(50),
            OnFailure = _ => Interlocked.Increment(ref failures),
        }).Build();
        using var disposing = (IDisposable)root;
        Assert.Null(root["Name"]);
        Assert.Equal(1, failures);

        using var reloads = new Reloads(root);
        server.Start();
        await server.UntilReadyAsync();
        await reloads.NextAsync();
        using var client = new KvClient(new KvClientOptions { Endpoints = [server.Endpoint], CallTimeout = Limits.Patience });
        await client.Kv.PutAsync("app/Name", "first");
        await reloads.NextAsync();
        Assert.Equal("first", root["Name"]);

        await server.KillAsync();
        server.Start();
        await client.Kv.GetAsync("app/Name", cancellationToken: Limits.Patient());
        var last = await client.Kv.PutAsync("app/Name", "second");
        await client.Kv.CompactAsync(last.Revision);
        await Until.TrueAsync(() => Task.FromResult(root["Name"] == "second"));
    }

    [Fact]
    public void RequiredSource_OfAServerThatDoesNotAnswer_FailsTheBuild()
    {
        var nobody = FreePorts.Take(1)[0];
        var builder = new ConfigurationBuilder().AddKvStore(new KvStoreConfigurationOptions
        {
            Client = new KvClientOptions { Endpoints = [$"127.0.0.1:{nobody}"] },
            LoadTimeout = TimeSpan.FromMilliseconds(300),
        });
        var failed = Assert.Throws<GrpcException>(() => builder.Build());
        Assert.Equal(StatusCode.DeadlineExceeded, failed.Code);
    }

    /// <summary>Counts the reloads of a configuration, so that each can be waited for.</summary>
    private sealed class Reloads : IDisposable
    {
        private readonly SemaphoreSlim _count = new(0);
        private readonly IDisposable _registration;

        public Reloads(IConfigurationRoot root) => _registration = ChangeToken.OnChange(root.GetReloadToken, () => _count.Release());

        public async Task NextAsync() => Assert.True(await _count.WaitAsync(Limits.Patience));

        public void Dispose()
        {
            _registration.Dispose();
            _count.Dispose();
        }
    }
}
