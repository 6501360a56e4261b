using KvStore.Testing.Processes;

namespace KvStore.Interop.Tests.Etcdctl;

/// <summary>etcd's own client, two generations of it, sees the same in our server as in etcd's.</summary>
public sealed class EtcdctlTests
{
    [Fact]
    public Task Etcdctl35_SeesWhatItSeesInEtcd() => CompareAsync(Checkout.Etcdctl);

    [Fact]
    public Task Etcdctl34_SeesWhatItSeesInEtcd() => CompareAsync(Checkout.OldEtcdctl);

    /// <summary>etcdctl 3.4 sends such an endpoint whole as the authority of some calls.</summary>
    [Fact]
    public Task Etcdctl34_WithEndpointsAsUrls_SeesWhatItSeesInEtcd() => CompareAsync(Checkout.OldEtcdctl, Checkout.Etcd, Checkout.OldEtcdctl, Checkout.Server, "http://");

    /// <summary>The script itself leaves nothing to chance: whatever differs above is the server's doing.</summary>
    [Fact]
    public Task Etcdctl35_SeesTheSameInTwoEtcds() => CompareAsync(Checkout.Etcdctl, Checkout.Etcd);

    private static Task CompareAsync(string etcdctl) => CompareAsync(etcdctl, Checkout.Server);

    private static Task CompareAsync(string etcdctl, string program) => CompareAsync(etcdctl, Checkout.Etcd, etcdctl, program);

    private static async Task CompareAsync(string expectedClient, string expectedServer, string actualClient, string actualServer, string scheme = "")
    {
        using var folder = new TestFolder();
        using var etcd = ServerProcess.OneMember(expectedServer, folder.Combine("etcd"));
        using var other = ServerProcess.OneMember(actualServer, folder.Combine("other"));
        etcd.Start();
        other.Start();
        await etcd.UntilReadyAsync();
        await other.UntilReadyAsync();

        var expected = await new CommandScript(expectedClient, scheme + etcd.Endpoint).RunAsync();
        var actual = await new CommandScript(actualClient, scheme + other.Endpoint).RunAsync();

        Assert.True(expected.Count > 60, "the script ran");
        for (var i = 0; i < expected.Count; i++)
            Assert.Equal(expected[i], actual[i]);
        Assert.Equal(expected.Count, actual.Count);
    }
}
