using KvStore.Primitives;

namespace KvStore.Simulation.Store;

/// <summary>
/// What one directory holds: the durable picture and the pictures after each batch at risk, oldest first. Outlives the open
/// store, as files outlive a process.
/// </summary>
internal sealed class SimulatedStoreFiles
{
    private readonly List<SortedBytes?> _atRisk = [];
    private SortedBytes? _durable;

    public SimulatedStoreFiles(SortedBytes? durable) => _durable = durable;

    public SortedBytes? Newest => _atRisk.Count == 0 ? _durable : _atRisk[^1];

    /// <summary>The one that has the store open.</summary>
    public SimulatedStore? OpenedBy { get; set; }

    public void Append(SortedBytes? picture, int atRiskMax)
    {
        _atRisk.Add(picture);
        if (_atRisk.Count <= atRiskMax)
            return;
        _durable = _atRisk[0];
        _atRisk.RemoveAt(0);
    }

    public void MakeDurable()
    {
        _durable = Newest;
        _atRisk.Clear();
    }

    /// <summary>Keeps the durable picture and a chosen number of the batches at risk, the oldest: a suffix is lost, never a middle.</summary>
    public void Crash(Prng prng)
    {
        var surviving = prng.Below(_atRisk.Count + 1);
        if (surviving > 0)
            _durable = _atRisk[surviving - 1];
        _atRisk.Clear();
        OpenedBy = null;
    }
}
