using KvStore.Operations.Tests.Documents;
using KvStore.Operations.Tests.Machines;

namespace KvStore.Operations.Tests.Procedures;

/// <summary>One member holds other data than its peers, as after a disk that lied.</summary>
public sealed class CorruptTests
{
    [Fact]
    public async Task CorruptMember_RemovedAndAddedAnew_AsWritten()
    {
        using var room = new MachineRoom();
        await MakeCorruptAsync(room);
        await room.ShellAsync("for attempt in $(seq 600); do alarms=$(kvctl alarm list); [ -z \"$alarms\" ] || break; sleep 0.05; done; [ -n \"$alarms\" ]");
        var refused = await room.AttemptAsync("kvctl put k v");
        Assert.Contains("etcdserver: corrupt cluster", refused.Errors, StringComparison.Ordinal);

        var output = await room.RunAsync("corrupt");
        Assert.Contains("member3", output, StringComparison.Ordinal);
        room["NEW"] = "3";
        await room.RunAsync("clear-machine");
        room["MEMBERS"] = "1 2";
        await room.RunAsync("add-members");
        room["MEMBERS"] = "1 2 3";
        await room.RunAsync("health");
        // Where no member differs, none is removed.
        var again = await room.AttemptAsync(OperationsGuide.Blocks["corrupt"].Single());
        Assert.NotEqual(0, again.ExitCode);
        Assert.Contains("no member is named by an alarm CORRUPT", again.Errors, StringComparison.Ordinal);
        Assert.Equal("k\nright\n", await room.ShellAsync("kvctl --endpoints https://10.0.0.3:2379 get k"));
    }

    // Members 1 and 2 are restored from one snapshot, member 3 from another that differs in a value.
    private static async Task MakeCorruptAsync(MachineRoom room)
    {
        room["MEMBERS"] = "9";
        await room.RunAsync("first-start");
        await room.ShellAsync("kvctl put k right; kvctl snapshot save right.db; on 9 'systemctl stop kvstore; rm -rf /var/lib/kvstore/data; systemctl start kvstore'");
        await room.ShellAsync("kvctl put k wrong; kvctl snapshot save wrong.db; on 9 'systemctl stop kvstore'");
        room["MEMBERS"] = "1 2 3";
        await room.ShellAsync("""
            cluster=member1=https://10.0.0.1:2380,member2=https://10.0.0.2:2380,member3=https://10.0.0.3:2380
            for n in $MEMBERS; do
              prepare $n $cluster
              file=right.db; [ $n != 3 ] || file=wrong.db
              scp $file root@10.0.0.$n:/tmp/
              on $n "kvctl snapshot restore /tmp/$file --name member$n --data-dir /var/lib/kvstore/data --initial-cluster $cluster --initial-advertise-peer-urls https://10.0.0.$n:2380"
              on $n 'echo ETCD_CORRUPT_CHECK_TIME=500ms >> /etc/kvstore/kvstore.env; systemctl start --no-block kvstore'
            done
            for n in $MEMBERS; do for attempt in $(seq 600); do curl -sf http://10.0.0.$n:2381/livez && break; sleep 0.05; done; done
            """);
    }
}
