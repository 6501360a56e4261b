using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Simulation.Store;
using KvStore.Testing.Contracts;

namespace KvStore.RocksDb.Tests;

/// <summary>The simulated store beside the real one: what passes here and fails there would be a lie of the simulator.</summary>
public sealed class SimulatedStoreContractTests : OrderedStoreContract
{
    private int _directories;

    protected override IOrderedStoreProvider Provider { get; } = new SimulatedStoreProvider(new Prng(1), new SimulatedStoreOptions());

    protected override string NewDirectory() => $"store-{++_directories}";
}
