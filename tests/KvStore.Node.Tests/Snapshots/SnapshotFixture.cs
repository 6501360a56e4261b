using Google.Protobuf;
using KvStore.Mvcc;
using KvStore.Node.Background;
using KvStore.Node.Snapshots;
using KvStore.Node.Tests.Cluster;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;
using KvStore.Simulation.Store;
using KvStore.StateMachine;

namespace KvStore.Node.Tests.Snapshots;

/// <summary>A member with keys of every kind, and its snapshot.</summary>
internal static class SnapshotFixture
{
    public static TestMember Member(TestCluster cluster, int keys)
    {
        var member = cluster.Leader();
        cluster.AwaitOk(member, member.Propose(CommandKind.LeaseGrant, new LeaseGrantRequest { ID = 7, TTL = 600 }.ToByteArray()));
        var last = default(RequestId);
        for (var i = 0; i < keys; i++)
            last = member.Put("key" + (i % (keys / 2)), new string((char)('a' + (i % 26)), i), i % 5 == 0 ? 7 : 0);
        cluster.AwaitOk(member, last);
        cluster.AwaitOk(member, member.Propose(CommandKind.DeleteRange, new DeleteRangeRequest { Key = ByteString.CopyFromUtf8("key3") }.ToByteArray()));
        cluster.AwaitOk(member, member.Propose(CommandKind.Compaction, new CompactionRequest { Revision = keys / 2, Physical = true }.ToByteArray()));
        cluster.AwaitOk(member, member.Propose(CommandKind.UserAdd, new AuthUserAddRequest { Name = "root", HashedPassword = "aGFzaA==" }.ToByteArray()));
        cluster.AwaitOk(member, member.Propose(CommandKind.RoleAdd, new AuthRoleAddRequest { Name = "reader" }.ToByteArray()));
        cluster.AwaitOk(member, member.Propose(CommandKind.RoleGrantPermission, new AuthRoleGrantPermissionRequest
        {
            Name = "reader", Perm = new Protocol.Auth.Permission { Key = ByteString.CopyFromUtf8("a"), RangeEnd = ByteString.CopyFromUtf8("m") },
        }.ToByteArray()));
        cluster.AwaitOk(member, member.Propose(CommandKind.UserGrantRole, new AuthUserGrantRoleRequest { User = "root", Role = "reader" }.ToByteArray()));
        cluster.AwaitOk(member, member.Propose(
            CommandKind.Alarm, new AlarmRequest { Action = AlarmRequest.Types.AlarmAction.Activate, MemberID = 9, Alarm = AlarmType.Nospace }.ToByteArray()));
        return member;
    }

    /// <summary>The file, by way of a copy of the store as the Snapshot rpc takes it.</summary>
    public static byte[] Save(TestCluster cluster, TestMember member)
    {
        var copy = new StoreCopy();
        cluster.AwaitOk(member, member.Call((node, request) => node.TryCopyStore(request, copy)));
        var image = SnapshotImage.Of(copy.Store!, static () => true)!;
        var bytes = image.Pieces(32 * 1024).SelectMany(piece => piece.ToArray()).ToArray();
        Assert.Equal(image.TotalBytes, bytes.Length);
        member.Process.Run(() => Assert.True(member.Node!.TryGiveBack(copy)));
        return bytes;
    }

    public static IOrderedStore NewStore() => new SimulatedStoreProvider(new Prng(1), new SimulatedStoreOptions()).Open("db");

    public static SnapshotSource Open(byte[] file) => SnapshotSource.Open(new MemoryFile(file), "test");

    /// <summary>What a start of a member does with a store.</summary>
    public static Applier Start(IOrderedStore store) => new(MvccStore.Open(store, new MvccOptions(), new Silence()), store, new ApplierOptions(), new Silence());

    /// <summary>The keys that are there, with their leases.</summary>
    public static List<(string Key, long Lease)> Live(IOrderedStore store)
    {
        var keys = new List<(string, long)>();
        var cursor = MvccStore.Open(store, new MvccOptions(), new Silence()).Writer.Seek([0], [0], Revision.Zero);
        while (cursor.MoveNext())
            keys.Add((System.Text.Encoding.UTF8.GetString(cursor.Key), cursor.Meta.Lease.Value));
        return keys;
    }

    public static List<(string Key, string Value)> Table(IOrderedStore store, char table)
    {
        var records = new List<(string, string)>();
        using var scan = store.Scan([(byte)table], [(byte)(table + 1)]);
        while (scan.MoveNext())
            records.Add((Convert.ToHexString(scan.Key), Convert.ToHexString(scan.Value)));
        return records;
    }

    public sealed class Silence : ITraceSink
    {
        public void Emit(in TraceEvent traceEvent)
        {
        }
    }
}
