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

    /// <summary>Who is judged costs the caller's name and nothing that grows with users, roles or permissions.</summary>
    [Fact]
    public void Put_WithAuthentication_MakesLittleMoreGarbage()
    {
        using var state = new AuthMachine();
        for (var i = 0; i < 50; i++)
        {
            state.AddUser($"user {i}", $"role {i}");
            state.Grant($"role {i}", Protocol.Auth.Permission.Types.Type.Readwrite, $"k{i:00}", $"k{i:00}~");
        }

        for (var i = 0; i < 50; i++)
            state.Done("root", CommandKind.UserGrantRole, new AuthUserGrantRoleRequest { User = "user 7", Role = $"role {i}" });
        state.Enable();
        var applier = state.Machine.Applier;
        var index = applier.State.Index.Value;
        var put = new PutRequest { Key = ByteString.CopyFromUtf8("k33/key"), Value = ByteString.CopyFrom(new byte[32]) };
        var entry = Machine.Entry(1, CommandKind.Put, put, caller: state.Caller("user 7"));
        Run(applier, entry, ref index, 5_000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run(applier, entry, ref index, 5_000);
        var judged = (GC.GetAllocatedBytesForCurrentThread() - before) / 5_000;
        state.Done("root", CommandKind.AuthDisable, new AuthDisableRequest());
        index = applier.State.Index.Value;
        Run(applier, entry, ref index, 5_000);
        before = GC.GetAllocatedBytesForCurrentThread();
        Run(applier, entry, ref index, 5_000);
        var free = (GC.GetAllocatedBytesForCurrentThread() - before) / 5_000;
        // 40 bytes for the name were measured; the store beneath makes the rest, and not always the same.
        Assert.True(judged - free < 150, $"{judged} bytes for one put, {free} without authentication");
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
