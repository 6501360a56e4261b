using System.Globalization;
using KvStore.Testing.Processes;

namespace KvStore.Server.Tests.Deployment;

/// <summary>The unit says what the member needs; systemd itself reads it where it is installed.</summary>
public sealed class SystemdUnitTests
{
    private const string Analyzer = "/usr/bin/systemd-analyze";

    /// <summary>Tenths of `systemd-analyze security`'s level; 20 and less is its own "OK". A directive lost shows.</summary>
    private const int ExposureMax = 20;

    private static readonly string Unit = Path.Combine(Checkout.Root, "deploy/systemd/kvstore.service");

    [Fact]
    public void KeyLines_AreThere()
    {
        var lines = File.ReadAllLines(Unit);
        string[] needed =
        [
            "Type=notify", "TimeoutStartSec=infinity", "User=kvstore", "EnvironmentFile=/etc/kvstore/kvstore.env", "ExecStart=/usr/local/bin/kvstore",
            "Restart=always", "LimitNOFILE=65536", "StateDirectory=kvstore", "LogsDirectory=kvstore", "ProtectSystem=strict", "NoNewPrivileges=true",
        ];
        Assert.Empty(needed.Except(lines));
        // The runtime compiles at run time: with this directive it does not start.
        Assert.DoesNotContain("MemoryDenyWriteExecute=true", lines);
    }

    [Fact]
    public async Task Unit_IsTakenBySystemd()
    {
        if (!File.Exists(Analyzer))
            return;
        using var folder = new TestFolder();
        // Nothing is installed here: the program is the one of the checkout.
        var unit = folder.Combine("kvstore.service");
        await File.WriteAllTextAsync(unit, (await File.ReadAllTextAsync(Unit)).Replace("/usr/local/bin/kvstore", Checkout.Server, StringComparison.Ordinal));
        var verified = await ChildProcess.RunAsync(Analyzer, ["verify", "--man=no", unit]);
        Assert.Equal((0, "", ""), (verified.ExitCode, verified.Output, verified.Errors));
        var security = await ChildProcess.RunAsync(Analyzer, ["security", "--no-pager", "--offline=true", "--threshold=" + ExposureMax.ToString(CultureInfo.InvariantCulture), unit]);
        Assert.True(security.ExitCode == 0, security.Output + security.Errors);
    }
}
