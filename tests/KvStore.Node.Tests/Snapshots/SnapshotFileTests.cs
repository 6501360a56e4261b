using Google.Protobuf;
using KvStore.Node.Background;
using KvStore.Node.Snapshots;
using KvStore.Node.Tests.Cluster;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;
using KvStore.StateMachine;

namespace KvStore.Node.Tests.Snapshots;

public sealed class SnapshotFileTests
{
    private static readonly Lazy<byte[]> Small = new(() =>
    {
        var cluster = TestCluster.Found(1, seed: 11);
        return SnapshotFixture.Save(cluster, SnapshotFixture.Member(cluster, 60));
    });

    /// <summary>Every record of keys, leases and alarms is there again byte for byte; what the file does not carry is made anew from it.</summary>
    [Fact]
    public void Store_SavedAndRestored_HasTheSameRecords()
    {
        var cluster = TestCluster.Found(1, seed: 5);
        var member = SnapshotFixture.Member(cluster, 2000);
        var copy = new StoreCopy();
        cluster.AwaitOk(member, member.Call((node, request) => node.TryCopyStore(request, copy)));
        var source = SnapshotFixture.Open([.. SnapshotImage.Of(copy.Store!, static () => true)!.Pieces(1000).SelectMany(piece => piece.ToArray())]);
        source.CheckSum();
        using var store = SnapshotFixture.NewStore();
        var revision = SnapshotImport.Run(source, store, bump: 0);
        Assert.Equal(member.CurrentRevision, revision);
        Assert.Equal(revision, SnapshotStatus.Of(source).Revision);
        foreach (var table in "rklxa")
            Assert.Equal(SnapshotFixture.Table(copy.Store!, table), SnapshotFixture.Table(store, table));
        var applier = SnapshotFixture.Start(store);
        Assert.Equal(1, applier.Leases.Count);
        Assert.True(applier.Alarms.HasNoSpace);
        Assert.Equal(3, SnapshotFixture.Table(store, 'a').Count);
    }

    /// <summary>
    /// Keys of a lease that is not in the file, and is granted one day: it has them on a member that was restarted since as on one that was not,
    /// but for those that were written again.
    /// </summary>
    [Fact]
    public void KeysOfALeaseThatIsNotThere_AreAttachedWhenItIsGranted_OnEveryMember()
    {
        var cluster = TestCluster.Found(1, seed: 7);
        var member = SnapshotFixture.Member(cluster, 60);
        var copy = new StoreCopy();
        cluster.AwaitOk(member, member.Call((node, request) => node.TryCopyStore(request, copy)));
        var without = new StoreBatch();
        without.Delete([(byte)'l', 0, 0, 0, 0, 0, 0, 0, 7]);
        foreach (var (alarm, _) in SnapshotFixture.Table(copy.Store!, 'x'))
            without.Delete(Convert.FromHexString(alarm));
        copy.Store!.Write(without);
        var file = SnapshotImage.Of(copy.Store, static () => true)!.Pieces(1000).SelectMany(piece => piece.ToArray()).ToArray();

        var ends = new List<string>();
        foreach (var restartedAfter in new[] { -1, 0, 1, 2 })
        {
            using var store = SnapshotFixture.NewStore();
            SnapshotImport.Run(SnapshotFixture.Open(file), store, bump: 0);
            var applier = SnapshotFixture.Start(store);
            Assert.Equal(0, applier.Leases.Count);
            var (done, requests) = (0, new (CommandKind Kind, IMessage Request)[]
            {
                (CommandKind.Put, new PutRequest { Key = ByteString.CopyFromUtf8("key5"), Value = ByteString.CopyFromUtf8("of no lease") }),
                (CommandKind.LeaseGrant, new LeaseGrantRequest { ID = 7, TTL = 60 }),
                (CommandKind.LeaseRevoke, new LeaseRevokeRequest { ID = 7 }),
            });
            foreach (var (command, request) in requests)
            {
                var bytes = new ByteWriter();
                CommandWriter.Write(bytes, new RequestId((ulong)done + 1), default, command, request.ToByteArray());
                var reply = applier.Apply(new LogEntry(new Term(1), applier.State.Index.Next, LogEntryKind.Command, bytes.ToArray()), default);
                Assert.Null(reply.Error);
                applier.Commit();
                if (done++ == restartedAfter)
                    applier = SnapshotFixture.Start(store);
            }

            Assert.Equal(0, applier.Leases.Count);
            Assert.DoesNotContain(SnapshotFixture.Live(store), static key => key.Lease == 7);
            Assert.Contains(SnapshotFixture.Live(store), static key => key.Key == "key5");
            ends.Add(string.Join('\n', SnapshotFixture.Table(store, 'r')));
        }

        Assert.Single(ends.Distinct());
    }

    /// <summary>Go's strings are bytes: a file may have users and roles whose names are no text. Two of them could be one name here.</summary>
    [Theory]
    [InlineData("0A02CF80", "CF80", true, true)] // name "π"
    [InlineData("0A01FF", "FF", false, false)]
    [InlineData("0A01611A02CF80", "61", true, null)] // name "a", role "π"
    [InlineData("0A01611A01FF", "61", false, null)]
    public void NamesThatAreNoText_AreRefused(string record, string key, bool isUser, bool? isRole)
    {
        var (bytes, name) = (Convert.FromHexString(record), Convert.FromHexString(key));
        Assert.Equal(isUser, StateTables.IsUser(name, bytes));
        if (isRole is { } expected)
            Assert.Equal(expected, StateTables.IsRole(name, bytes));
    }

    /// <summary>A caller who goes away ends the reading of a large store, and what it read from is closed with the member.</summary>
    [Fact]
    public void Image_NobodyWantsIt_IsReadNoFurther()
    {
        var cluster = TestCluster.Found(1, seed: 6);
        var member = SnapshotFixture.Member(cluster, 2000);
        var copy = new StoreCopy();
        cluster.AwaitOk(member, member.Call((node, request) => node.TryCopyStore(request, copy)));
        var records = 0;
        Assert.Null(SnapshotImage.Of(copy.Store!, () => ++records < 100));
        Assert.Equal(100, records);
        member.Process.End();
        Assert.False(member.Node!.TryGiveBack(copy));
        member.Node.Dispose();
        Assert.True(member.Node.TryGiveBack(copy));
    }

    /// <summary>C11: the raised revision is the store's, and nothing below it can be read any more.</summary>
    [Fact]
    public void Bump_RaisesTheRevisionAndCompactsBelow()
    {
        using var store = SnapshotFixture.NewStore();
        var source = SnapshotFixture.Open(Small.Value);
        var before = SnapshotStatus.Of(source).Revision;
        Assert.Equal(new Revision(before.Value + 1000), SnapshotImport.Run(source, store, bump: 1000));
        var keys = Mvcc.MvccStore.Open(store, new Mvcc.MvccOptions(), new SnapshotFixture.Silence());
        using var view = keys.OpenView();
        Assert.Equal((before.Value + 1000, before.Value + 1000), (view.Current.Value, view.Compacted.Value));
        Assert.Equal(29, view.Count([0], [0], Revision.Zero));
    }

    /// <summary>D10: one wrong bit anywhere is found by the sum.</summary>
    [Fact]
    public void Sum_BitFlippedAnywhere_IsRefused()
    {
        var prng = new Prng(1);
        for (var i = 0; i < 300; i++)
        {
            var damaged = Small.Value.ToArray();
            damaged[prng.Below(damaged.Length)] ^= (byte)(1 << prng.Below(8));
            Assert.Throws<StorageException>(() => SnapshotFixture.Open(damaged).CheckSum());
        }
    }

    [Fact]
    public void Sum_Missing_IsRefused()
    {
        var refusal = Assert.Throws<StorageException>(() => SnapshotFixture.Open(Small.Value[..^SnapshotImage.SumBytes]).CheckSum());
        Assert.Equal("snapshot missing hash but --skip-hash-check=false", refusal.Message);
    }

    /// <summary>D8: a file cut off at any sector is one clear error, with or without its sum checked.</summary>
    [Fact]
    public void File_CutOff_IsRefused()
    {
        for (var length = 0; length < Small.Value.Length - SnapshotImage.SumBytes; length += 512)
        {
            using var store = SnapshotFixture.NewStore();
            Assert.Throws<StorageException>(() => SnapshotImport.Run(SnapshotFixture.Open(Small.Value[..length]), store, bump: 0));
        }
    }

    /// <summary>
    /// Bytes are changed where the structure is (pages' heads, elements, keys), the sum is not looked at: the file is refused, or what
    /// is left of it is a state that a member starts from. Nothing else ends it.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void File_Mutated_IsRefusedOrStillAState(ulong seed)
    {
        var prng = new Prng(seed);
        var (refused, accepted) = (0, 0);
        for (var i = 0; i < 600; i++)
        {
            var damaged = Mutate(Small.Value.ToArray(), prng);
            using var store = SnapshotFixture.NewStore();
            try
            {
                SnapshotImport.Run(SnapshotFixture.Open(damaged), store, bump: 0);
                SnapshotFixture.Start(store);
                accepted++;
            }
            catch (StorageException refusal)
            {
                Assert.NotEqual("", refusal.Message);
                refused++;
            }
        }

        Assert.True(refused > 100 && accepted > 10, $"{refused} refused, {accepted} accepted");
    }

    private static byte[] Mutate(byte[] file, Prng prng)
    {
        for (var times = 1 + prng.Below(3); times > 0; times--)
        {
            var page = 4096 * prng.Below(file.Length / 4096);
            var at = Math.Min(file.Length - 1, page + (prng.Chance(1, 2) ? prng.Below(64) : prng.Below(4096)));
            file[at] = prng.Chance(1, 3) ? (byte)0xFF : (byte)prng.Below(256);
        }

        // A changed meta page is refused by its own sum: half of them get a right one.
        if (prng.Chance(1, 2))
        {
            for (var meta = 0; meta < 2; meta++)
            {
                var body = file.AsSpan((meta * 4096) + 16, 64);
                System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(body[56..], KvStore.Node.Snapshots.Bolt.BoltFormat.Sum(body[..56]));
            }
        }

        return file;
    }
}
