using KvStore.Operations.Tests.Documents;
using KvStore.Operations.Tests.Machines;

namespace KvStore.Operations.Tests.Procedures;

/// <summary>What is done with a cluster when nothing is wrong.</summary>
public sealed class LifeTests
{
    [Fact]
    public async Task FirstStart_Health_Backup_Logs_Auth_AsWritten()
    {
        using var room = new MachineRoom();
        await room.RunAsync("first-start");
        var health = await room.RunAsync("health");
        Assert.Equal(3, health.Split("[+]linearizable_read ok").Length - 1);
        var times = await room.RunAsync("slow-disk");
        Assert.Equal(3, times.Split('\n').Count(line => line.StartsWith("etcd_disk_wal_fsync_duration_seconds_count ", StringComparison.Ordinal)));

        await room.ShellAsync("kvctl put greeting hello");
        await BackUpAsync(room);
        await room.RunAsync("log-rotation");
        await room.RunAsync("auto-compaction");
        for (var member = 1; member <= 3; member++)
        {
            var log = await File.ReadAllTextAsync(Path.Combine(room.Machine(member), "var/log/kvstore/kvstore.log"));
            Assert.Equal(2, log.Split("ready to serve client requests").Length - 1);
        }

        await AuthAsync(room);
    }

    private static async Task BackUpAsync(MachineRoom room)
    {
        await room.RunAsync("backup");
        // The line of cron, without its times and its user, in the administrator's folder.
        var cron = CronCommand().Replace("/root/kvstore", room.Home, StringComparison.Ordinal);
        await room.ShellAsync($"env -u KVCTL_ENDPOINTS -u MEMBERS -u KVCTL_CACERT -u KVCTL_CERT -u KVCTL_KEY bash -c '{cron}'");
        var files = Directory.GetFiles(Path.Combine(room.Home, "backups"));
        Assert.Equal(2, files.Length);
        var status = await room.RunAsync("backup-verify");
        Assert.Contains("TOTAL KEYS", status.ToUpperInvariant(), StringComparison.Ordinal);

        // A member that is down costs no backup, and only so many are kept; nobody at home is an error, and leaves no file.
        await room.ShellAsync("on 1 'systemctl stop kvstore'; deploy/backup/backup.sh backups 2; on 1 'systemctl start kvstore'");
        var kept = Directory.GetFiles(Path.Combine(room.Home, "backups"));
        Assert.Equal(2, kept.Length);
        Assert.DoesNotContain(files.Min(StringComparer.Ordinal)!, kept);
        var failed = await room.AttemptAsync("KVCTL_ENDPOINTS=https://10.0.0.9:2379 deploy/backup/backup.sh backups 2");
        Assert.Equal(1, failed.ExitCode);
        Assert.Contains("no member gave a snapshot", failed.Errors, StringComparison.Ordinal);
        Assert.Equal(kept.Order(StringComparer.Ordinal), Directory.GetFiles(Path.Combine(room.Home, "backups")).Order(StringComparer.Ordinal));
    }

    private static string CronCommand()
    {
        var words = OperationsGuide.Blocks["backup-cron"].Single().Trim().Split(' ', 7);
        Assert.Equal(["0", "*", "*", "*", "*", "root"], words[..6]);
        return words[6];
    }

    private static async Task AuthAsync(MachineRoom room)
    {
        room["ROOT_PASSWORD"] = "first";
        await room.RunAsync("auth-enable");
        var nobody = await room.AttemptAsync("kvctl get greeting");
        Assert.NotEqual(0, nobody.ExitCode);
        Assert.Equal("greeting\nhello\n", await room.ShellAsync("kvctl --user root:first get greeting"));
        room["ROOT_PASSWORD"] = "second";
        await room.RunAsync("root-password");
        Assert.Equal("greeting\nhello\n", await room.ShellAsync("kvctl --user root:second get greeting"));
        var old = await room.AttemptAsync("kvctl --user root:first get greeting");
        Assert.Contains("authentication failed, invalid user ID or password", old.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(room.Home, "certs/root.key")), "the key of root stays");
    }
}
