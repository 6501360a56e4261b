using Google.Protobuf;
using KvStore.Mvcc;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;
using KvStore.StateMachine.Tests.Support;

namespace KvStore.StateMachine.Tests;

public sealed class HotPathTests
{
    [Fact]
    public void Put_OfAnExistingKey_MakesLittleGarbage()
    {
        // The count includes the room of the store, whose events are kept for watchers (186 bytes a put were measured).
        using var store = new NullStore();
        var keys = MvccStore.Open(store, new MvccOptions(), SilentTrace.Instance);
        var applier = new Applier(keys, store, new ApplierOptions(), SilentTrace.Instance);
        var index = 0UL;
        var entry = Machine.Entry(1, CommandKind.Put, new PutRequest { Key = ByteString.CopyFromUtf8("key"), Value = ByteString.CopyFrom(new byte[32]) });
        Run(applier, entry, ref index, 20_000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run(applier, entry, ref index, 20_000);
        var perPut = (GC.GetAllocatedBytesForCurrentThread() - before) / 20_000;
        Assert.True(perPut < 250, perPut + " bytes for one put");
    }

    /// <summary>Who is judged costs the caller's name, and nothing that grows with users, roles or permissions.</summary>
    [Fact]
    public void Put_WithAuthentication_MakesLittleMoreGarbage()
    {
        using var store = new NullStore();
        var applier = new Applier(MvccStore.Open(store, new MvccOptions(), SilentTrace.Instance), store, new ApplierOptions(), SilentTrace.Instance);
        var index = 0UL;
        void Change(CommandKind kind, IMessage request) =>
            Run(applier, Machine.Entry(1, kind, request, caller: new Caller("root", applier.Auth.Revision)), ref index, 1);
        foreach (var user in new[] { "root", "user" })
            Change(CommandKind.UserAdd, new AuthUserAddRequest { Name = user });
        Change(CommandKind.UserGrantRole, new AuthUserGrantRoleRequest { User = "root", Role = "root" });
        for (var i = 10; i < 60; i++)
        {
            Change(CommandKind.RoleAdd, new AuthRoleAddRequest { Name = $"role {i}" });
            var permission = new Protocol.Auth.Permission
            {
                PermType = Protocol.Auth.Permission.Types.Type.Write, Key = Machine.Bytes($"k{i}"), RangeEnd = Machine.Bytes($"k{i}~"),
            };
            Change(CommandKind.RoleGrantPermission, new AuthRoleGrantPermissionRequest { Name = $"role {i}", Perm = permission });
            Change(CommandKind.UserGrantRole, new AuthUserGrantRoleRequest { User = "user", Role = $"role {i}" });
        }

        Change(CommandKind.AuthEnable, new AuthEnableRequest());
        var put = new PutRequest { Key = Machine.Bytes("k33/key"), Value = ByteString.CopyFrom(new byte[32]) };
        var entry = Machine.Entry(1, CommandKind.Put, put, caller: new Caller("user", applier.Auth.Revision));
        Run(applier, entry, ref index, 20_000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run(applier, entry, ref index, 20_000);
        var perPut = (GC.GetAllocatedBytesForCurrentThread() - before) / 20_000;
        Assert.True(perPut < 300, perPut + " bytes for one put");
    }

    private static void Run(Applier applier, LogEntry entry, ref ulong index, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var reply = applier.Apply(entry with { Index = new LogIndex(++index) }, default);
            Assert.Null(reply.Error);
            if (i % 100 == 99)
                applier.Commit();
        }
    }

    private sealed class NullStore : IOrderedStore
    {
        public StoreSizes Sizes => default;

        public void Write(StoreBatch batch)
        {
        }

        public bool TryGet(ReadOnlySpan<byte> key, System.Buffers.IBufferWriter<byte> destination) => false;

        public IStoreScan Scan(ReadOnlySpan<byte> fromInclusive, ReadOnlySpan<byte> toExclusive) => new Nothing();

        public void Flush()
        {
        }

        public void Checkpoint(string directory)
        {
        }

        public void Dispose()
        {
        }
    }

    private sealed class Nothing : IStoreScan
    {
        public ReadOnlySpan<byte> Key => default;

        public ReadOnlySpan<byte> Value => default;

        public bool MoveNext() => false;

        public void Dispose()
        {
        }
    }
}
