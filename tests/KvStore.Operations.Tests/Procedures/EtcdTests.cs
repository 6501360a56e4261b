using KvStore.Operations.Tests.Machines;
using KvStore.Testing.Processes;

namespace KvStore.Operations.Tests.Procedures;

/// <summary>Data that comes from etcd, and data that goes there.</summary>
public sealed class EtcdTests
{
    [Fact]
    public async Task FromEtcd_AndBack_AsWritten()
    {
        using var room = new MachineRoom();
        using (var etcd = ServerProcess.OneMember(Checkout.Etcd, Path.Combine(room.Home, "before")))
        {
            etcd.Start();
            await etcd.UntilReadyAsync();
            await room.ShellAsync($"unset KVCTL_CACERT KVCTL_CERT KVCTL_KEY; for i in 1 2 3; do etcdctl --endpoints http://{etcd.Endpoint} put k$i v$i; done");
            room["ETCD_ENDPOINTS"] = "http://" + etcd.Endpoint;
            await room.RunAsync("from-etcd");
        }

        room["BACKUP"] = "from-etcd.db";
        await room.RunAsync("restore");
        Assert.Equal("v1\nv2\nv3\n", await room.ShellAsync("kvctl get k --prefix --print-value-only"));
        await room.ShellAsync("kvctl put k4 v4");
        await room.RunAsync("to-etcd");

        using var after = ServerProcess.OneMember(Checkout.Etcd, Path.Combine(room.Home, "etcd-data"), "--force-new-cluster");
        after.Start();
        await after.UntilReadyAsync();
        Assert.Equal("v1\nv2\nv3\nv4\n", await room.ShellAsync($"etcdctl --endpoints http://{after.Endpoint} get k --prefix --print-value-only"));
    }
}
