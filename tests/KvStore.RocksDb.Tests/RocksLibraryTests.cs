namespace KvStore.RocksDb.Tests;

public sealed class RocksLibraryTests
{
    [Fact]
    public void LoadedName_OnThisMachine_IsOneOfTheCandidates() =>
        Assert.Contains(RocksLibrary.LoadedName, RocksLibrary.Candidates(OperatingSystem.IsMacOS()));

    [Fact]
    public void Candidates_Linux_BeginWithTheTestedVersionAndHoldWhatDistributionsShip()
    {
        var names = RocksLibrary.Candidates(macOs: false).ToList();
        Assert.Equal("librocksdb.so.7.8", names[0]);
        Assert.Equal("librocksdb.so", names[1]);
        foreach (var shipped in new[] { "librocksdb.so.8.9", "librocksdb.so.9.10", "librocksdb.so.9", "librocksdb.so.10.2", "librocksdb.so.10" })
            Assert.Contains(shipped, names);
        Assert.DoesNotContain("librocksdb.so.7.7", names);
        Assert.Equal(names.Count, names.Distinct().Count());
    }

    [Fact]
    public void Candidates_MacOs_PutTheVersionBeforeTheSuffix()
    {
        var names = RocksLibrary.Candidates(macOs: true).ToList();
        Assert.Equal("librocksdb.dylib", names[1]);
        Assert.Contains("librocksdb.9.10.dylib", names);
        Assert.Contains("librocksdb.10.dylib", names);
    }
}
