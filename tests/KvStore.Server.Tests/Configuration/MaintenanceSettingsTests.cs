using KvStore.Server.Configuration;

namespace KvStore.Server.Tests.Configuration;

public sealed class MaintenanceSettingsTests
{
    [Theory]
    [InlineData("periodic", "0", 0, 0)]
    [InlineData("periodic", "1", 3600, 0)]
    [InlineData("periodic", "24", 86400, 0)]
    [InlineData("periodic", "30m", 1800, 0)]
    [InlineData("periodic", "1h30m", 5400, 0)]
    [InlineData("revision", "1000", 0, 1000)]
    [InlineData("revision", "0", 0, 0)]
    public void Retention_IsReadAsByEtcd(string mode, string retention, int seconds, long revisions)
    {
        var settings = Read($"--auto-compaction-mode={mode}", $"--auto-compaction-retention={retention}");
        Assert.Equal((TimeSpan.FromSeconds(seconds), revisions), (settings.RetainedTime, settings.RetainedRevisions));
    }

    /// <summary>TOB-011: a negative retention made etcd compact in a circle.</summary>
    [Theory]
    [InlineData("periodic", "-1")]
    [InlineData("periodic", "-1h")]
    [InlineData("periodic", "1ms")]
    [InlineData("periodic", "soon")]
    [InlineData("periodic", "99999999999999")]
    [InlineData("revision", "-5")]
    [InlineData("revision", "10m")]
    public void Retention_ThatMeansNothing_IsRefused(string mode, string retention)
    {
        var refused = Assert.Throws<ConfigurationException>(() => Read($"--auto-compaction-mode={mode}", $"--auto-compaction-retention={retention}"));
        Assert.StartsWith("error parsing CompactionRetention: ", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Mode_Unknown_IsRefused() =>
        Assert.Equal("unknown auto-compaction-mode \"x\"", Assert.Throws<ConfigurationException>(() => Read("--auto-compaction-mode=x")).Message);

    [Fact]
    public void Checks_FollowFlagsAndGates()
    {
        var off = Read();
        Assert.Equal((false, TimeSpan.Zero, TimeSpan.Zero), (off.ChecksAtStart, off.CheckInterval, off.CompactionCheckInterval));
        var on = Read("--feature-gates=InitialCorruptCheck=true,CompactHashCheck=true", "--corrupt-check-time=4h");
        Assert.Equal((true, TimeSpan.FromHours(4), TimeSpan.FromMinutes(1)), (on.ChecksAtStart, on.CheckInterval, on.CompactionCheckInterval));
        Assert.Throws<ConfigurationException>(() => Read("--compact-hash-check-time=0s"));
        Assert.Throws<ConfigurationException>(() => Read("--corrupt-check-time=-1s"));
    }

    private static MaintenanceSettings Read(params string[] arguments) =>
        MaintenanceSettings.Read(Settings.Join(CommandLine.Read(arguments), new Dictionary<string, string>()));
}
