using System.Globalization;
using Google.Protobuf;
using KvStore.Client;
using KvStore.Protocol.Etcd;
using KvStore.Testing.Processes;

namespace KvStore.Interop.Tests.Snapshots;

/// <summary>
/// C15 with real processes: one of three members was restored from a snapshot that differs in one value, as a member would whose disk
/// had lied.
/// </summary>
public sealed class CorruptMemberTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private ServerProcess[] _members = [];

    public void Dispose()
    {
        foreach (var member in _members)
            member.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task MemberThatDiffers_IsFoundByThePeriodicCheck()
    {
        await RestoreAsync("--corrupt-check-time", "300ms");
        foreach (var member in _members)
            member.Start();
        foreach (var member in _members)
            await member.UntilReadyAsync();
        using var client = Client(_members[0]);
        var members = await client.Cluster.ListAsync(new MemberListRequest { Linearizable = true });
        var corrupt = members.Members.Single(member => member.Name == "m3").ID;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        AlarmResponse alarms;
        do
            alarms = await client.Maintenance.AlarmsAsync(limit.Token);
        while (alarms.Alarms.Count == 0 && await poll.WaitForNextTickAsync(limit.Token));

        Assert.Equal([new AlarmMember { MemberID = corrupt, Alarm = AlarmType.Corrupt }], alarms.Alarms);
        var refused = await Assert.ThrowsAsync<Grpc.GrpcException>(() => client.Kv.PutAsync(Put("k", "v")));
        Assert.Equal("etcdserver: corrupt cluster", refused.Message);
        Assert.False(await _members[0].IsHealthyAsync());
        // kvctl says and clears it as etcdctl does.
        var list = await ChildProcess.RunAsync(Checkout.Ctl, ["--endpoints", _members[0].Endpoint, "alarm", "list"]);
        Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"memberID:{corrupt} alarm:CORRUPT \n"), list.Output);
    }

    [Fact]
    public async Task MemberThatDiffers_DoesNotServe()
    {
        await RestoreAsync("--experimental-initial-corrupt-check=true");
        _members[0].Start();
        _members[1].Start();
        await _members[0].UntilReadyAsync();
        await _members[1].UntilReadyAsync();
        _members[2].Start();
        await _members[2].Process.WaitForExitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(1, _members[2].Process.ExitCode);
        Assert.Contains("found data inconsistency with peers", _members[2].Process.Errors, StringComparison.Ordinal);
        using var client = Client(_members[0]);
        await client.Kv.PutAsync(Put("k", "v"));
    }

    private async Task RestoreAsync(params string[] flags)
    {
        var sound = await SnapshotAsync("sound");
        var wrong = await SnapshotAsync("wrong");
        _members = ServerProcess.Cluster(Checkout.Server, _folder.Path, 3, "http", _ => flags);
        string Peer(ServerProcess member) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{member.PeerPort}");
        var initial = string.Join(',', _members.Select(member => $"{member.Name}={Peer(member)}"));
        foreach (var member in _members)
        {
            var restored = await ChildProcess.RunAsync(Checkout.Ctl,
            [
                "snapshot", "restore", member.Name == "m3" ? wrong : sound, "--data-dir", _folder.Combine(member.Name), "--name", member.Name,
                "--initial-cluster", initial, "--initial-advertise-peer-urls", Peer(member),
            ]);
            Assert.True(restored.ExitCode == 0, restored.Errors);
        }
    }

    private async Task<string> SnapshotAsync(string value)
    {
        using var server = ServerProcess.OneMember(Checkout.Server, _folder.Combine("data-" + value));
        server.Start();
        await server.UntilReadyAsync();
        using var client = Client(server);
        for (var i = 0; i < 20; i++)
            await client.Kv.PutAsync(Put("key" + i, i == 7 ? value : "same"));
        var file = _folder.Combine(value + ".db");
        var saved = await ChildProcess.RunAsync(Checkout.Ctl, ["--endpoints", server.Endpoint, "snapshot", "save", file]);
        Assert.True(saved.ExitCode == 0, saved.Errors);
        return file;
    }

    private static KvClient Client(ServerProcess server) => new(new KvClientOptions { Endpoints = ["http://" + server.Endpoint] });

    private static PutRequest Put(string key, string value) => new() { Key = ByteString.CopyFromUtf8(key), Value = ByteString.CopyFromUtf8(value) };
}
