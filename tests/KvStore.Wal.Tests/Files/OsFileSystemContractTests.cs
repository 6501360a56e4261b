using KvStore.Hosting;
using KvStore.Platform;
using KvStore.Testing.Contracts;
using KvStore.Testing.Processes;

namespace KvStore.Wal.Tests.Files;

public sealed class OsFileSystemContractTests : FileSystemContract, IDisposable
{
    private readonly TestFolder _folder = new();

    protected override IFileSystem FileSystem { get; } = new OsFileSystem();

    protected override string Root => _folder.Path;

    public void Dispose() => _folder.Dispose();
}
