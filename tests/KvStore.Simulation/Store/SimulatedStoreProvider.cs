using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Simulation.Store;

/// <summary>The stores on one member's disk. They outlive the member's processes; <see cref="Crash"/> is the end of one process.</summary>
public sealed class SimulatedStoreProvider : IOrderedStoreProvider
{
    private readonly Prng _prng;
    private readonly SortedDictionary<string, SimulatedStoreFiles> _directories = new(StringComparer.Ordinal);

    /// <param name="prng">Decides what survives a crash.</param>
    /// <param name="options">Limits and faults.</param>
    public SimulatedStoreProvider(Prng prng, SimulatedStoreOptions options)
    {
        _prng = prng;
        Options = options;
    }

    public SimulatedStoreOptions Options { get; }

    public IOrderedStore Open(string directory)
    {
        Before(StoreCall.Open);
        if (!_directories.TryGetValue(directory, out var files))
            _directories[directory] = files = new SimulatedStoreFiles(null);
        RefuseIfOpen(directory, files);
        var store = new SimulatedStore(this, files);
        files.OpenedBy = store;
        return store;
    }

    public void Destroy(string directory)
    {
        Before(StoreCall.Destroy);
        if (!_directories.TryGetValue(directory, out var files))
            return;
        RefuseIfOpen(directory, files);
        _directories.Remove(directory);
    }

    /// <summary>Ends every open store without closing it; each directory loses a suffix of the batches written after its last flush.</summary>
    public void Crash()
    {
        foreach (var files in _directories.Values)
        {
            files.OpenedBy?.End();
            files.Crash(_prng);
        }
    }

    internal void Before(StoreCall call) => Options.BeforeCall?.Invoke(call);

    internal void AddCheckpoint(string directory, SortedBytes? picture)
    {
        if (!_directories.TryAdd(directory, new SimulatedStoreFiles(picture)))
            throw new StorageException(StorageFailure.Io, $"{directory}: a checkpoint goes into a directory that does not exist yet");
    }

    private static void RefuseIfOpen(string directory, SimulatedStoreFiles files)
    {
        if (files.OpenedBy is not null)
            throw new StorageException(StorageFailure.Locked, $"{directory}: the store is open already");
    }
}
