using KvStore.Testing.Processes;

namespace KvStore.Interop.Tests.Etcdctl;

/// <summary>etcd's own client, two generations of it, sees the same in our server as in etcd's.</summary>
public sealed class EtcdctlTests
{
    [Fact]
    public Task Etcdctl35_SeesWhatItSeesInEtcd() => CompareAsync(Checkout.Etcdctl);

    [Fact]
    public Task Etcdctl34_SeesWhatItSeesInEtcd() => CompareAsync(Checkout.OldEtcdctl);

    /// <summary>The script itself leaves nothing to chance: whatever differs above is the server's doing.</summary>
    [Fact]
    public Task Etcdctl35_SeesTheSameInTwoEtcds() => CompareAsync(Checkout.Etcdctl, Checkout.Etcd);

    private static Task CompareAsync(string etcdctl) => CompareAsync(etcdctl, Checkout.Server);

    private static async Task CompareAsync(string etcdctl, string program)
    {
        using var folder = new TestFolder();
        using var etcd = ServerProcess.OneMember(Checkout.Etcd, folder.Combine("etcd"));
        using var other = ServerProcess.OneMember(program, folder.Combine("other"));
        etcd.Start();
        other.Start();
        await etcd.UntilReadyAsync();
        await other.UntilReadyAsync();

        var expected = await new CommandScript(etcdctl, etcd.Endpoint).RunAsync();
        var actual = await new CommandScript(etcdctl, other.Endpoint).RunAsync();

        Assert.True(expected.Count > 60, "the script ran");
        Assert.Equal(expected, actual);
    }
}
