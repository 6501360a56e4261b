using KvStore.Server.Configuration;

namespace KvStore.Server.Tests.Configuration;

public sealed class DiscoverySettingsTests
{
    [Fact]
    public void Times_AreThoseOfTheFlags()
    {
        var settings = Read(
            "--discovery-dial-timeout=3s", "--discovery-request-timeout=7s", "--discovery-keepalive-time=11s", "--discovery-keepalive-timeout=13s")!;

        Assert.Equal((3, 7, 11, 13), (settings.DialTimeout.TotalSeconds, settings.RequestTimeout.TotalSeconds, settings.KeepAliveTime.TotalSeconds, settings.KeepAliveTimeout.TotalSeconds));
    }

    [Fact]
    public void Certificate_WithoutItsKey_IsRefused() =>
        Assert.Equal("--discovery-cert and --discovery-key belong together", Assert.Throws<ConfigurationException>(() => Read("--discovery-cert=a.crt")).Message);

    [Fact]
    public void NoEndpoint_IsNoDiscovery() =>
        Assert.Null(DiscoverySettings.Read(Settings.Join(CommandLine.Read(["--discovery-dial-timeout=3s"]), new Dictionary<string, string>())));

    private static DiscoverySettings? Read(params string[] arguments) =>
        DiscoverySettings.Read(Settings.Join(CommandLine.Read(["--discovery-token=t", "--discovery-endpoints=127.0.0.1:1", .. arguments]), new Dictionary<string, string>()));
}
