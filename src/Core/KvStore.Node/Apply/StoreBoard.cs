using KvStore.Node.Stores;

namespace KvStore.Node.Apply;

/// <summary>The store that readers open their views on. Replaced by the Apply lane when a snapshot is installed; read by any thread.</summary>
internal sealed class StoreBoard(OpenStore store)
{
    private volatile OpenStore _current = store;

    public OpenStore Current
    {
        get => _current;
        set => _current = value;
    }
}
