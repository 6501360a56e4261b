using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using KvStore.Mvcc.Tests.Support;
using KvStore.Primitives;
using KvStore.Simulation.Store;

namespace KvStore.Mvcc.Tests.Hash;

/// <summary>M12: the hash is etcd's, byte for byte, and depends on nothing but the revision and the compacted one.</summary>
public sealed class KeyValueHashTests
{
    private const long Cycle = 71;
    private const long Revisions = 1210;

    /// <summary>The values etcd's own tests pin for this sequence of puts and compactions (server/storage/mvcc/hash_test.go).</summary>
    [Fact]
    public void Hash_EtcdsSequence_GivesEtcdsValues()
    {
        (uint Hash, long Compacted, long Revision)[] expected =
        [
            (4082599214, -1, 35), (2279933401, 35, 106), (3284231217, 106, 177), (126286495, 177, 248), (900108730, 248, 319),
            (2475485232, 319, 390), (1226296507, 390, 461), (2503661030, 461, 532), (4155130747, 532, 603), (106915399, 603, 674),
            (406914006, 674, 745), (1882211381, 745, 816), (806177088, 816, 887), (664311366, 887, 958), (1496914449, 958, 1029),
            (2434525091, 1029, 1100), (3988652253, 1100, 1171), (1122462288, 1171, 1242), (724436716, 1242, 1883),
        ];
        Assert.Equal(expected, Run(revision => revision + (Cycle / 2), revision => revision + (Revisions / 2)));
    }

    /// <summary>The same at the current revision.</summary>
    [Fact]
    public void Hash_EtcdsSequenceAtTheLastRevision_GivesEtcdsValues()
    {
        (uint Hash, long Compacted, long Revision)[] expected =
        [
            (1913897190, -1, 73), (224860069, 73, 145), (1565167519, 145, 217), (1566261620, 217, 289), (2037173024, 289, 361),
            (691659396, 361, 433), (2713730748, 433, 505), (3919322507, 505, 577), (769967540, 577, 649), (2909194793, 649, 721),
            (1576921157, 721, 793), (4067701532, 793, 865), (2226384237, 865, 937), (2923408134, 937, 1009), (2680329256, 1009, 1081),
            (1546717673, 1081, 1153), (2713657846, 1153, 1225), (1046575299, 1225, 1297), (2017735779, 1297, 2508),
        ];
        Assert.Equal(expected, Run(_ => 0, _ => 0));
    }

    /// <summary>
    /// M11, M12: before, during and after a sweep, in slices of any size, the hash at every readable revision is what the algorithm
    /// gives when it is computed from the model.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Hash_AtAnyTimeOfASweep_IsTheAlgorithmsOverTheModel(ulong seed)
    {
        var script = new StoreScript(seed, keys: seed % 2 == 0 ? 3 : 30);
        for (var round = 0; round < 60; round++)
        {
            script.Batch();
            if (round % 7 == 0)
                script.Compact();
            script.Store.Sweep.Next(2);
            using var view = script.Store.OpenView();
            var at = script.Prng.Between(Math.Max(1, script.Model.Compacted), script.Model.Current);
            Assert.Equal(HashOfModel(script.Model, at), HashOf(view, at, slice: 1 + script.Prng.Below(5)));
        }
    }

    private static List<(uint Hash, long Compacted, long Revision)> Run(Func<long, long> at, Func<long, long> lastAt)
    {
        var store = MvccStore.Open(new SimulatedStoreProvider(new Prng(1), new SimulatedStoreOptions()).Open("db"), new MvccOptions(), new SilentTrace());
        var got = new List<(uint, long, long)>();
        long revision = 0;
        for (; revision < Revisions; revision += Cycle)
        {
            PutAll(store, revision, Cycle);
            got.Add(HashAndCompact(store, at(revision)));
        }

        PutAll(store, revision, Revisions);
        got.Add(HashAndCompact(store, lastAt(revision)));
        return got;
    }

    private static void PutAll(MvccStore store, long from, long count)
    {
        for (var i = from; i <= from + count; i++)
        {
            store.Writer.BeginTxn();
            store.Writer.Put(PickKey(i), Encoding.ASCII.GetBytes(i.ToString(CultureInfo.InvariantCulture)), LeaseId.None);
            store.Writer.EndTxn();
        }

        store.Writer.Commit();
    }

    private static ReadOnlySpan<byte> PickKey(long i)
    {
        if (i % (Cycle * 2) == 30)
            return "zenek"u8;
        if (i % Cycle == 30)
            return "xavery"u8;
        return (i % 7) switch
        {
            0 => "alice"u8,
            1 => "bob"u8,
            2 => "celine"u8,
            3 => "dominik"u8,
            4 => "eve"u8,
            5 => "frederica"u8,
            _ => "gorge"u8,
        };
    }

    /// <summary>
    /// etcd 3.5.30 gave this value after a compaction and a transaction that deletes all keys and puts one of them again: its index keeps
    /// nothing at that revision, so that what the compaction has left counts.
    /// </summary>
    [Fact]
    public void Hash_AllKeysDeletedAndOnePutAgainInTheHashedRevision_IsEtcds()
    {
        var store = MvccStore.Open(new SimulatedStoreProvider(new Prng(1), new SimulatedStoreOptions()).Open("db"), new MvccOptions(), new SilentTrace());
        PutAlone(store, "a"u8, "1"u8);
        PutAlone(store, "a"u8, "2"u8);
        PutAlone(store, "b"u8, "1"u8);
        store.Writer.ScheduleCompact(new Revision(3));
        store.Writer.Commit();
        store.Sweep.Next(10);
        store.Writer.BeginTxn();
        store.Writer.DeleteRange("a"u8, [0]);
        store.Writer.Put("a"u8, "3"u8, LeaseId.None);
        store.Writer.EndTxn();
        store.Writer.Commit();
        using var view = store.OpenView();
        Assert.Equal(1746607079u, HashOf(view, at: 5, slice: 10));
    }

    private static void PutAlone(MvccStore store, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        store.Writer.BeginTxn();
        store.Writer.Put(key, value, LeaseId.None);
        store.Writer.EndTxn();
        store.Writer.Commit();
    }

    private static (uint Hash, long Compacted, long Revision) HashAndCompact(MvccStore store, long at)
    {
        (uint, long, long) result;
        long revision;
        using (var view = store.OpenView())
        {
            var hash = view.BeginHash(new Revision(at));
            while (!hash.Next(1000))
            {
            }

            revision = hash.Revision.Value;
            result = (hash.Value, hash.CompactRevision, revision);
        }

        store.Writer.ScheduleCompact(new Revision(revision));
        store.Writer.Commit();
        store.Sweep.Next(10);
        return result;
    }

    private static uint HashOf(MvccView view, long at, int slice)
    {
        var hash = view.BeginHash(new Revision(at));
        while (!hash.Next(slice))
        {
        }

        return hash.Value;
    }

    private static uint HashOfModel(KeyModel model, long at)
    {
        var kept = model.Range([0], [0], at);
        // With nothing kept etcd leaves nothing out: what counts is what the finished sweep has left. A key that the hashed revision
        // deletes and puts again is not kept.
        var ignoresKept = kept.All(version => version.Created == at && at > model.Compacted && model.Get(version.Key, at - 1) is not null);
        var crc = Crc32C.Of("key"u8);
        foreach (var version in model.History(1, at))
        {
            if (version.Main <= model.Compacted && (version.IsDelete || !(ignoresKept ? model.Range(version.Key, [], model.Compacted) : kept).Contains(version)))
                continue;
            var key = new byte[18];
            BinaryPrimitives.WriteInt64BigEndian(key, version.Main);
            key[8] = (byte)'_';
            BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(9), version.Sub);
            key[17] = (byte)'t';
            crc = Crc32C.Append(crc, version.IsDelete ? key : key.AsSpan(0, 17));
            crc = Crc32C.Append(crc, version.Stored());
        }

        return crc;
    }
}
