using KvStore.Node.Stores;
using KvStore.StateMachine;

namespace KvStore.Node.Apply;

/// <summary>The store that readers open their views on. Replaced by the Apply lane when a snapshot is installed; read by any thread.</summary>
internal sealed class StoreBoard(OpenStore store)
{
    private volatile OpenStore _current = store;

    private volatile AppliedFacts _facts = new([], 0, 0);

    public AppliedFacts Facts => _facts;

    public OpenStore Current
    {
        get => _current;
        set => _current = value;
    }

    /// <summary>Apply lane: at its start, and after each commit and each step of the sweep.</summary>
    public void Publish(Applier applier)
    {
        var writer = _current.Mvcc.Writer;
        _facts = new AppliedFacts(applier.Alarms.Alarms, writer.LiveBytes, writer.RetainedBytes);
    }
}
