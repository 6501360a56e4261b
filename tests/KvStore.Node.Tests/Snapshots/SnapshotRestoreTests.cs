using KvStore.Node.Bootstrap;
using KvStore.Node.Tests.Cluster;
using KvStore.Primitives;
using KvStore.Simulation.Disk;

namespace KvStore.Node.Tests.Snapshots;

public sealed class SnapshotRestoreTests
{
    private static readonly Lazy<byte[]> File = new(() =>
    {
        var cluster = TestCluster.Found(1, seed: 21);
        return SnapshotFixture.Save(cluster, SnapshotFixture.Member(cluster, 200));
    });

    /// <summary>C4, C11: members of any number, each restored from the same file, form a cluster of their own with the same data.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    public void Members_RestoredFromOneFile_FormACluster(int count)
    {
        var cluster = TestCluster.Founded(count, seed: 22);
        foreach (var member in cluster.Members)
            Restore(member);
        foreach (var member in cluster.Members)
            member.Start();
        var leader = cluster.Leader();
        var revision = leader.CurrentRevision;
        // The alarm came along, as in etcd.
        Assert.Equal(Protocol.EtcdErrors.NoSpace, cluster.Await(leader, leader.Put("after", "restore")).Error);
        cluster.AwaitOk(leader, leader.Propose(StateMachine.CommandKind.Alarm, Google.Protobuf.MessageExtensions.ToByteArray(new Protocol.Etcd.AlarmRequest
        {
            Action = Protocol.Etcd.AlarmRequest.Types.AlarmAction.Deactivate, MemberID = 9, Alarm = Protocol.Etcd.AlarmType.Nospace,
        })));
        cluster.AwaitOk(leader, leader.Put("after", "restore"));
        cluster.UntilConverged();
        foreach (var member in cluster.Members)
        {
            Assert.Equal("restore", member.Get("after"));
            Assert.Equal(new string('r', 199), member.Get("key99"));
            Assert.Null(member.Get("key3"));
            Assert.Equal(new Revision(revision.Value + 1), member.CurrentRevision);
            Assert.Equal(count, member.Status.Members.Count);
        }
    }

    /// <summary>C10: whatever call is the last one, a member starts on the whole or refuses to start.</summary>
    [Fact]
    public void Restore_CrashAtAnyCall_LeavesAllOrIsRefused()
    {
        var (refused, started) = (0, 0);
        for (var nth = 1; ; nth++)
        {
            var cluster = TestCluster.Founded(1, seed: (ulong)nth);
            var member = cluster.Members[0];
            member.Disk.FaultOnce(nth, DiskFault.CrashBefore);
            var ended = TryRestore(member);
            member.LosePower(PowerLoss.KeepSome);
            // Before the log's directory is begun there is nothing to be mistaken for a restored member.
            if (member.Disk.Exists("data/member/wal.part") || Wal.WriteAheadLog.Exists(member.Disk, "data/member/wal") || ended)
            {
                member.Plan = BootstrapPlan.Restart;
                member.Start();
                if (member.IsAlive)
                {
                    Assert.Equal(202, cluster.Leader().CurrentRevision.Value);
                    started++;
                }
                else
                {
                    refused++;
                }
            }

            if (ended)
                break;
        }

        Assert.True(refused > 0 && started > 0, $"{refused} refused, {started} started");
    }

    private static bool TryRestore(TestMember member)
    {
        try
        {
            Restore(member);
            return true;
        }
        catch (SimulatedCrashException)
        {
            return false;
        }
    }

    private static void Restore(TestMember member)
    {
        member.Disk.CreateDirectory("data");
        member.Disk.SyncDirectory("/");
        SnapshotRestore.Run(
            member.Disk, member.Stores, new SnapshotFixture.Silence(), SnapshotFixture.Open(File.Value), member.Plan,
            new NodeOptions { DataDirectory = "data" }, bump: 0);
    }
}
