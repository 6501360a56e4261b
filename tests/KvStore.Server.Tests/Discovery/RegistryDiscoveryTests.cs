using KvStore.Client;
using KvStore.Protocol.Auth;
using KvStore.Protocol.Etcd;
using KvStore.Server.Tests.Cluster;
using KvStore.Testing.Processes;

namespace KvStore.Server.Tests.Discovery;

/// <summary>Members that find each other in a cluster that runs (--discovery-token), which is one of ours or etcd's.</summary>
public sealed class RegistryDiscoveryTests
{
    private const string Folder = "/_etcd/registry/the-token/";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static TheoryData<string> Services => ["ours", "etcd"];

    [Theory]
    [MemberData(nameof(Services))]
    public async Task ThreeMembers_FindEachOther_AndAFourthIsToldThatItIsFull(string which)
    {
        using var folder = new TestFolder();
        using var service = await StartServiceAsync(which, folder);
        using var registry = new KvClient(service.Endpoint);
        await registry.Kv.PutAsync(Folder + "_config/size", "3");
        var members = Enumerable.Range(1, 4).Select(i => Member(folder, $"m{i}", service)).ToArray();
        try
        {
            foreach (var member in members.Take(3))
                member.Start();
            foreach (var member in members.Take(3))
                await member.UntilReadyAsync();
            using var client = new KvClient(members[0].Endpoint);
            await client.Kv.PutAsync("key", "value");
            var list = await client.Cluster.ListAsync(new MemberListRequest());
            Assert.Equal(["m1", "m2", "m3"], list.Members.Select(member => member.Name).Order(StringComparer.Ordinal));

            // What each wrote is what etcd's members write.
            var written = await registry.Kv.GetRangeAsync(KeyRange.Prefix(Folder + "members/"));
            Assert.Equal(
                list.Members.Select(member => $"{Folder}members/{member.ID:x} {member.Name}={member.PeerURLs[0]}").Order(StringComparer.Ordinal),
                written.Entries.Select(entry => $"{entry.Key} {entry.Value}").Order(StringComparer.Ordinal));

            members[3].Start();
            await members[3].Process.WaitForExitAsync(Patience);
            Assert.Equal(1, members[3].Process.ExitCode);
            Assert.Contains("failed to join discovery cluster (discovery: cluster is full)", members[3].Process.Errors, StringComparison.Ordinal);

            // Who has data asks nobody.
            await service.KillAsync();
            await members[1].KillAsync();
            members[1].Start();
            await members[1].UntilReadyAsync();
        }
        finally
        {
            foreach (var member in members)
                member.Dispose();
        }
    }

    [Theory]
    [InlineData(null, "discovery: size key not found")]
    [InlineData("many", "discovery: size key is bad")]
    [InlineData("-1", "discovery: size key is bad")]
    [InlineData("99999999999", "discovery: size key is bad")]
    public async Task SizeThatIsNone_EndsTheStart(string? size, string reason)
    {
        // TOB-014
        using var folder = new TestFolder();
        using var service = await StartServiceAsync("ours", folder);
        if (size is not null)
        {
            using var registry = new KvClient(service.Endpoint);
            await registry.Kv.PutAsync(Folder + "_config/size", size);
        }

        using var member = Member(folder, "m1", service);
        member.Start();
        await member.Process.WaitForExitAsync(Patience);
        Assert.Equal(1, member.Process.ExitCode);
        Assert.Contains($"failed to join discovery cluster ({reason})", member.Process.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ServiceWithUsers_IsJoinedByNameAndPassword()
    {
        using var folder = new TestFolder();
        using var service = await StartServiceAsync("ours", folder);
        using (var registry = new KvClient(service.Endpoint))
        {
            await registry.Kv.PutAsync(Folder + "_config/size", "1");
            await registry.Auth.UserAddAsync(new AuthUserAddRequest { Name = "root", Password = "root" });
            await registry.Auth.UserGrantRoleAsync(new AuthUserGrantRoleRequest { User = "root", Role = "root" });
            await registry.Auth.UserAddAsync(new AuthUserAddRequest { Name = "finder", Password = "secret" });
            await registry.Auth.RoleAddAsync(new AuthRoleAddRequest { Name = "registry" });
            var keys = KeyRange.Prefix(Folder);
            await registry.Auth.RoleGrantPermissionAsync(new AuthRoleGrantPermissionRequest
            {
                Name = "registry",
                Perm = new Permission { Key = keys.Key, RangeEnd = keys.End, PermType = Permission.Types.Type.Readwrite },
            });
            await registry.Auth.UserGrantRoleAsync(new AuthUserGrantRoleRequest { User = "finder", Role = "registry" });
            await registry.Auth.EnableAsync(new AuthEnableRequest());
        }

        using var stranger = Member(folder, "m1", service);
        stranger.Start();
        await UntilSaidAsync(stranger, "retry connecting to discovery service");
        await stranger.KillAsync();
        using var member = stranger.With("--discovery-user", "finder", "--discovery-password", "secret");
        member.Start();
        await member.UntilReadyAsync();
    }

    /// <summary>A service that demands certificates; a member that does not check the service's own still shows its.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ServiceOverTls_IsJoinedWithACertificate(bool isVerified)
    {
        using var service = await TlsCluster.StartAsync(1);
        using var folder = new TestFolder();
        var tls = service.ClientTls();
        using (var registry = new KvClient(new KvClientOptions { Endpoints = [TlsCluster.Url(service.Members[0])], Tls = tls }))
            await registry.Kv.PutAsync(Folder + "_config/size", "1");
        using var plain = Member(folder, "m1", service.Members[0]);

        using var member = plain.With(
        [
            "--discovery-insecure-transport=false", "--discovery-cert", tls.CertificateFile!, "--discovery-key", tls.KeyFile!,
            .. isVerified ? new[] { "--discovery-cacert", tls.CaFile! } : ["--discovery-insecure-skip-tls-verify"],
        ]);

        member.Start();
        await member.UntilReadyAsync();
    }

    [Fact]
    public async Task ServiceThatComesLater_IsWaitedFor()
    {
        using var folder = new TestFolder();
        using var service = await StartServiceAsync("ours", folder);
        using (var registry = new KvClient(service.Endpoint))
            await registry.Kv.PutAsync(Folder + "_config/size", "1");
        await service.KillAsync();
        using var member = Member(folder, "m1", service);
        member.Start();
        await UntilSaidAsync(member, "retry connecting to discovery service");
        service.Start();
        await member.UntilReadyAsync();
    }

    private static async Task<ServerProcess> StartServiceAsync(string which, TestFolder folder)
    {
        var service = ServerProcess.OneMember(which == "ours" ? Checkout.Server : Checkout.Etcd, folder.Combine("service"));
        service.Start();
        await service.UntilReadyAsync();
        return service;
    }

    /// <summary>A member that knows the service only.</summary>
    private static ServerProcess Member(TestFolder folder, string name, ServerProcess service)
    {
        var ports = FreePorts.Take(2);
        var (client, peer) = ($"http://127.0.0.1:{ports[0]}", $"http://127.0.0.1:{ports[1]}");
        return new ServerProcess(Checkout.Server, name, ports[0], ports[1],
        [
            "--name", name, "--data-dir", folder.Combine(name),
            "--listen-client-urls", client, "--advertise-client-urls", client,
            "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
            "--discovery-token", "the-token", "--discovery-endpoints", service.Endpoint,
        ]);
    }

    private static async Task UntilSaidAsync(ServerProcess member, string words)
    {
        using var limit = new CancellationTokenSource(Patience);
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!member.Process.Errors.Contains(words, StringComparison.Ordinal))
            await poll.WaitForNextTickAsync(limit.Token);
    }
}
