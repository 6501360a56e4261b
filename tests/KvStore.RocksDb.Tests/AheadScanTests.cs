using KvStore.Platform;

namespace KvStore.RocksDb.Tests;

public sealed class AheadScanTests
{
    [Theory]
    [InlineData(0, 10)]
    [InlineData(1, 0)]
    [InlineData(3, 1 << 20)]
    [InlineData(20_000, 100)]
    public void MoveNext_SomePairs_GivesThemInOrder(int pairs, int valueBytes)
    {
        using var scan = new AheadScan(new Numbers(pairs, valueBytes));
        for (var i = 0; i < pairs; i++)
        {
            Assert.True(scan.MoveNext());
            Assert.Equal(Numbers.Bytes(i, 4), scan.Key);
            Assert.Equal(Numbers.Bytes(i, valueBytes), scan.Value);
        }

        Assert.False(scan.MoveNext());
        Assert.False(scan.MoveNext());
    }

    [Fact]
    public void MoveNext_TheStoreFails_ThrowsAfterTheChunksBeforeIt()
    {
        using var scan = new AheadScan(new Numbers(20_000, 100) { FailsAt = 10_000 });
        var read = 0;
        var failure = Assert.Throws<StorageException>(() =>
        {
            while (scan.MoveNext())
                read++;
        });
        Assert.Equal("the disk is gone", failure.Message);
        Assert.InRange(read, 1, 10_000);
        Assert.Throws<StorageException>(() => scan.MoveNext());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5000)]
    public void Dispose_BeforeTheEnd_EndsTheScanBehindIt(int read)
    {
        var numbers = new Numbers(1_000_000, 100);
        var scan = new AheadScan(numbers);
        for (var i = 0; i < read; i++)
            Assert.True(scan.MoveNext());
        scan.Dispose();
        Assert.True(numbers.IsDisposed);
        Assert.InRange(numbers.Given, read, 20_000);
    }

    private sealed class Numbers(int count, int valueBytes) : IStoreScan
    {
        private int _at = -1;

        public int? FailsAt { get; init; }

        public int Given => _at + 1;

        public bool IsDisposed { get; private set; }

        public ReadOnlySpan<byte> Key => Bytes(_at, 4);

        public ReadOnlySpan<byte> Value => Bytes(_at, valueBytes);

        public static byte[] Bytes(int number, int length)
        {
            var bytes = new byte[length];
            for (var i = 0; i < length; i++)
                bytes[i] = (byte)(number >> (i % 4 * 8));
            return bytes;
        }

        public bool MoveNext()
        {
            if (_at + 1 == FailsAt)
                throw new StorageException("the disk is gone");
            return ++_at < count;
        }

        public void Dispose() => IsDisposed = true;
    }
}
