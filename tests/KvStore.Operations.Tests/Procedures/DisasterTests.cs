using KvStore.Operations.Tests.Machines;

namespace KvStore.Operations.Tests.Procedures;

/// <summary>Disks that are full, a quota that is used up, a quorum that is lost, and everything lost.</summary>
public sealed class DisasterTests
{
    [Fact]
    public async Task FullDisk_ThenFullQuota_AsWritten()
    {
        using var room = new MachineRoom();
        await room.RunAsync("first-start");
        // A limit of the size of files stands in for a disk without space: the same refusal of the same write.
        await room.ShellAsync("prlimit --pid \"$(cat \"$KVSTORE_MACHINES/hosts/10.0.0.3/pid\")\" --fsize=1048576");
        await room.ShellAsync("head -c 1000000 /dev/zero | tr '\\0' v > value; for i in 1 2 3; do kvctl --endpoints https://10.0.0.1:2379 put k$i < value; done");
        await room.ShellAsync("for attempt in $(seq 600); do on 3 'systemctl is-active kvstore' || break; sleep 0.05; done");
        Assert.Equal("inactive\n", (await room.AttemptAsync("on 3 'systemctl is-active kvstore'")).Output);
        Assert.Contains("the storage failed; the process stops", await room.RunAsync("disk-full"), StringComparison.Ordinal);

        await room.ShellAsync("for n in 1 2 3; do on $n 'echo ETCD_QUOTA_BACKEND_BYTES=4000000 >> /etc/kvstore/kvstore.env; systemctl restart kvstore'; done");
        var full = await room.AttemptAsync("for i in 4 5 6; do kvctl put k$i < value; done");
        Assert.Contains("etcdserver: mvcc: database space exceeded", full.Errors, StringComparison.Ordinal);
        Assert.Contains("alarm:NOSPACE", await room.ShellAsync("kvctl alarm list; kvctl del k --prefix"), StringComparison.Ordinal);
        await room.RunAsync("compact");
        await room.RunAsync("space-again");
        Assert.Equal("OK\n", await room.ShellAsync("kvctl alarm list; kvctl put k4 < value"));
    }

    [Fact]
    public async Task LostQuorum_ThenLostCluster_AsWritten()
    {
        using var room = new MachineRoom();
        await room.RunAsync("first-start");
        await room.ShellAsync("kvctl put greeting hello");
        await room.RunAsync("backup");
        await room.ShellAsync("kvctl put later too");
        await room.ShellAsync("for n in 2 3; do on $n 'systemctl kill --signal=KILL kvstore; rm -rf /var/lib/kvstore/data'; done");
        Assert.NotEqual(0, (await room.AttemptAsync("kvctl --command-timeout 1s put never there")).ExitCode);

        room["SURVIVOR"] = "1";
        await room.RunAsync("quorum-lost");
        (room["MEMBERS"], room["NEW"]) = ("1", "2 3");
        await room.RunAsync("add-members");
        room["MEMBERS"] = "1 2 3";
        Assert.Equal("later\ntoo\n", await room.ShellAsync("kvctl --endpoints https://10.0.0.3:2379 get later"));

        await room.ShellAsync("for n in $MEMBERS; do on $n 'systemctl kill --signal=KILL kvstore; rm -rf /var/lib/kvstore/data'; done");
        await room.RunAsync("restore");
        Assert.Equal("greeting\nhello\n", await room.ShellAsync("kvctl get greeting; kvctl get later"));
        var revision = await room.ShellAsync("kvctl endpoint status -w fields | sed -n 's/^\"Revision\" : //p'");
        Assert.All(revision.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.StartsWith("10000000", line, StringComparison.Ordinal));
        await room.RunAsync("health");
    }
}
