using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.RocksDb.Tests;

/// <summary>D10: damage on disk is reported as corruption and never served.</summary>
public sealed class RocksOrderedStoreDamageTests : IDisposable
{
    private const int Records = 400;
    private readonly ScratchDirectory _scratch = new();
    private readonly string _directory;

    public RocksOrderedStoreDamageTests()
    {
        _directory = _scratch.NewPath();
        using var store = RocksOrderedStore.Open(_directory, RocksOrderedStoreContractTests.Small);
        var batch = new StoreBatch();
        for (var number = 0; number < Records; number++)
            batch.Put(Key(number), Value(number));
        store.Write(batch);
        store.Flush();
    }

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void TableFile_OneBitFlippedAnywhere_IsCorruptOrHarmless()
    {
        var table = Assert.Single(Directory.GetFiles(_directory, "*.sst"));
        var original = File.ReadAllBytes(table);
        var prng = new Prng(10);
        var detected = 0;
        for (var probe = 0; probe < 120; probe++)
        {
            var damaged = (byte[])original.Clone();
            damaged[prng.Below(damaged.Length)] ^= (byte)(1 << prng.Below(8));
            File.WriteAllBytes(table, damaged);
            if (!ReadsRightOrThrowsCorrupt())
                detected++;
        }

        // What is harmless: properties and trailer bytes that reads do not use.
        Assert.InRange(detected, 100, 120);
    }

    [Theory]
    [InlineData("*.sst")]
    [InlineData("MANIFEST-*")]
    [InlineData("CURRENT")]
    public void File_Missing_OpenReportsCorruption(string pattern)
    {
        File.Delete(Directory.GetFiles(_directory, pattern)[0]);
        Assert.Equal(StorageFailure.Corrupt, OpenFailure());
    }

    [Theory]
    [InlineData("*.sst")]
    [InlineData("CURRENT")]
    public void File_Emptied_OpenReportsCorruption(string pattern)
    {
        File.WriteAllBytes(Directory.GetFiles(_directory, pattern)[0], []);
        Assert.Equal(StorageFailure.Corrupt, OpenFailure());
    }

    [Fact]
    public void Open_ParentIsAFile_IsAStorageFailure()
    {
        var file = _scratch.NewPath();
        File.WriteAllText(file, "");
        Assert.Throws<StorageException>(() => RocksOrderedStore.Open(Path.Combine(file, "store"), new RocksStoreOptions()));
    }

    private static byte[] Key(int number) => [(byte)'r', (byte)(number >> 8), (byte)number];

    private static byte[] Value(int number)
    {
        var value = new byte[100];
        new Prng((ulong)number + 1).Fill(value);
        return value;
    }

    private StorageFailure OpenFailure() =>
        Assert.Throws<StorageException>(() => RocksOrderedStore.Open(_directory, RocksOrderedStoreContractTests.Small)).Failure;

    private bool ReadsRightOrThrowsCorrupt()
    {
        try
        {
            using var store = RocksOrderedStore.Open(_directory, RocksOrderedStoreContractTests.Small);
            AssertComplete(store);
            return true;
        }
        catch (StorageException damage)
        {
            Assert.Equal(StorageFailure.Corrupt, damage.Failure);
            return false;
        }
    }

    private static void AssertComplete(RocksOrderedStore store)
    {
        var destination = new ByteWriter();
        for (var number = 0; number < Records; number++)
        {
            destination.Clear();
            Assert.True(store.TryGet(Key(number), destination));
            Assert.True(destination.WrittenSpan.SequenceEqual(Value(number)));
        }

        using var scan = store.Scan([], []);
        for (var number = 0; number < Records; number++)
        {
            Assert.True(scan.MoveNext());
            Assert.True(scan.Key.SequenceEqual(Key(number)));
            Assert.True(scan.Value.SequenceEqual(Value(number)));
        }

        Assert.False(scan.MoveNext());
    }
}
