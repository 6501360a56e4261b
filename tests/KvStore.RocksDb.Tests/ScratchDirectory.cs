namespace KvStore.RocksDb.Tests;

/// <summary>A directory of one test, removed with everything in it.</summary>
internal sealed class ScratchDirectory : IDisposable
{
    private int _paths;

    public string Path { get; } = Directory.CreateTempSubdirectory("kvstore-rocks-").FullName;

    public string NewPath() => System.IO.Path.Combine(Path, $"store-{++_paths}");

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
