using KvStore.Platform;

namespace KvStore.Testing.Contracts;

/// <summary>
/// What every <see cref="IFileSystem"/> promises to a process that does not crash. Run on the real and on the simulated disk, so
/// that what is proved on the second holds on the first.
/// </summary>
public abstract class FileSystemContract
{
    protected abstract IFileSystem FileSystem { get; }

    /// <summary>An existing, empty directory.</summary>
    protected abstract string Root { get; }

    private string Path(string name) => $"{Root}/{name}";

    [Fact]
    public void Open_MissingFile_NotFound() =>
        Assert.Equal(StorageFailure.NotFound, Assert.Throws<StorageException>(() => FileSystem.Open(Path("none"))).Failure);

    [Fact]
    public void Create_ExistingFile_ReplacedByEmptyOne()
    {
        using (var first = FileSystem.Create(Path("a")))
            first.WriteAt(0, "old"u8);
        using var second = FileSystem.Create(Path("a"));
        Assert.Equal(0, second.Length);
        Assert.Equal(["a"], FileSystem.List(Root));
    }

    [Fact]
    public void WriteAt_BeyondTheEnd_GapIsZero()
    {
        using var file = FileSystem.Create(Path("a"));
        file.WriteAt(3, "xy"u8);
        Assert.Equal(5, file.Length);
        Assert.Equal([0, 0, 0, (byte)'x', (byte)'y'], ReadAll(file));
    }

    [Fact]
    public void ReadAt_PastTheEnd_GivesLessOrNothing()
    {
        using var file = FileSystem.Create(Path("a"));
        file.WriteAt(0, "abc"u8);
        var buffer = new byte[8];
        Assert.Equal(2, file.ReadAt(1, buffer));
        Assert.Equal(0, file.ReadAt(3, buffer));
        Assert.Equal(0, file.ReadAt(100, buffer));
    }

    [Fact]
    public void WriteAt_SecondHandle_SeesTheSameBytes()
    {
        using var first = FileSystem.Create(Path("a"));
        using var second = FileSystem.Open(Path("a"));
        first.WriteAt(0, "abc"u8);
        Assert.Equal("abc"u8.ToArray(), ReadAll(second));
    }

    [Fact]
    public void Preallocate_LongerThanFile_AddsZerosAndKeepsContent()
    {
        using var file = FileSystem.Create(Path("a"));
        file.WriteAt(0, "abc"u8);
        file.Preallocate(9000);
        Assert.Equal(9000, file.Length);
        var content = ReadAll(file);
        Assert.Equal("abc"u8.ToArray(), content[..3]);
        Assert.All(content[3..], b => Assert.Equal(0, b));
    }

    [Fact]
    public void Preallocate_ShorterThanFile_ChangesNothing()
    {
        using var file = FileSystem.Create(Path("a"));
        file.WriteAt(0, "abc"u8);
        file.Preallocate(1);
        Assert.Equal("abc"u8.ToArray(), ReadAll(file));
    }

    [Fact]
    public void Truncate_ThenPreallocate_OldBytesAreGone()
    {
        using var file = FileSystem.Create(Path("a"));
        file.WriteAt(0, "abcdef"u8);
        file.Truncate(2);
        file.Preallocate(6);
        Assert.Equal([(byte)'a', (byte)'b', 0, 0, 0, 0], ReadAll(file));
    }

    [Fact]
    public void Sync_AnyFile_ContentUnchanged()
    {
        using var file = FileSystem.Create(Path("a"));
        file.WriteAt(0, "abc"u8);
        file.Sync();
        FileSystem.SyncDirectory(Root);
        Assert.Equal("abc"u8.ToArray(), ReadAll(file));
    }

    [Fact]
    public void Rename_OverExistingFile_TakesItsPlaceAndHandleStaysValid()
    {
        using var old = FileSystem.Create(Path("b"));
        old.WriteAt(0, "old"u8);
        using var file = FileSystem.Create(Path("a"));
        file.WriteAt(0, "new"u8);
        FileSystem.Rename(Path("a"), Path("b"));
        file.WriteAt(3, "er"u8);
        using var renamed = FileSystem.Open(Path("b"));
        Assert.Equal("newer"u8.ToArray(), ReadAll(renamed));
        Assert.Equal(["b"], FileSystem.List(Root));
    }

    [Fact]
    public void Rename_Directory_TakesItsContentAlong()
    {
        FileSystem.CreateDirectory(Path("d"));
        FileSystem.Create(Path("d/a")).Dispose();
        FileSystem.Rename(Path("d"), Path("e"));
        Assert.Equal(["a"], FileSystem.List(Path("e")));
        Assert.False(FileSystem.Exists(Path("d")));
    }

    [Fact]
    public void Rename_MissingFile_NotFound() =>
        Assert.Equal(StorageFailure.NotFound, Assert.Throws<StorageException>(() => FileSystem.Rename(Path("a"), Path("b"))).Failure);

    [Fact]
    public void Delete_OpenFile_NameIsGoneAndHandleStaysReadable()
    {
        using var file = FileSystem.Create(Path("a"));
        file.WriteAt(0, "abc"u8);
        FileSystem.Delete(Path("a"));
        Assert.False(FileSystem.Exists(Path("a")));
        Assert.Equal("abc"u8.ToArray(), ReadAll(file));
    }

    [Fact]
    public void Delete_MissingFile_NothingHappens() => FileSystem.Delete(Path("none"));

    [Fact]
    public void List_SeveralNames_OrdinalOrder()
    {
        foreach (var name in new[] { "b", "A", "a", "10", "9" })
            FileSystem.Create(Path(name)).Dispose();
        FileSystem.CreateDirectory(Path("Z"));
        Assert.Equal(["10", "9", "A", "Z", "a", "b"], FileSystem.List(Root));
    }

    [Fact]
    public void List_MissingDirectory_Empty() => Assert.Empty(FileSystem.List(Path("none")));

    [Fact]
    public void CreateDirectory_Nested_AllExist()
    {
        FileSystem.CreateDirectory(Path("x/y/z"));
        FileSystem.CreateDirectory(Path("x/y/z"));
        Assert.True(FileSystem.Exists(Path("x/y/z")));
        Assert.Equal(["y"], FileSystem.List(Path("x")));
    }

    [Fact]
    public void DeleteDirectory_WithContent_AllIsGone()
    {
        FileSystem.CreateDirectory(Path("x/y"));
        FileSystem.Create(Path("x/y/a")).Dispose();
        FileSystem.DeleteDirectory(Path("x"));
        Assert.False(FileSystem.Exists(Path("x")));
        FileSystem.DeleteDirectory(Path("x"));
    }

    [Fact]
    public void SyncDirectory_Missing_IsAFailure() =>
        Assert.Throws<StorageException>(() => FileSystem.SyncDirectory(Path("none")));

    // D12
    [Fact]
    public void Lock_HeldTwice_SecondIsRefusedUntilReleased()
    {
        var held = FileSystem.Lock(Path("LOCK"));
        Assert.Equal(StorageFailure.Locked, Assert.Throws<StorageException>(() => FileSystem.Lock(Path("LOCK"))).Failure);
        held.Dispose();
        FileSystem.Lock(Path("LOCK")).Dispose();
    }

    private static byte[] ReadAll(IFile file)
    {
        var content = new byte[file.Length];
        Assert.Equal(content.Length, file.ReadAt(0, content));
        return content;
    }
}
