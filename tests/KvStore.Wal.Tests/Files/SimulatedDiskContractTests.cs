using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Simulation.Disk;
using KvStore.Testing.Contracts;

namespace KvStore.Wal.Tests.Files;

public sealed class SimulatedDiskContractTests : FileSystemContract
{
    public SimulatedDiskContractTests() => FileSystem.CreateDirectory(Root);

    protected override IFileSystem FileSystem { get; } = new SimulatedDisk(new Prng(1));

    protected override string Root => "/root/dir";
}
