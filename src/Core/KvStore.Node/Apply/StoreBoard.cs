using KvStore.Node.Stores;
using KvStore.StateMachine;

namespace KvStore.Node.Apply;

/// <summary>The store that readers open their views on. Replaced by the Apply lane when a snapshot is installed; read by any thread.</summary>
/// <remarks>
/// N-7 The auth state changes together with the keys it guards, but readers fetch the two one after the other. So the next one is
/// announced before the view that it belongs to can be opened, and is in force after: a reader that takes the one in force, opens
/// its view, and then finds nothing newer announced has judged by the state of its view.
/// </remarks>
internal sealed class StoreBoard(OpenStore store)
{
    private volatile OpenStore _current = store;

    private volatile AppliedFacts _facts = new([], 0, 0);

    private volatile AuthTable _announced = AuthTable.Empty;

    private volatile AuthTable _auth = AuthTable.Empty;

    public AppliedFacts Facts => _facts;

    public AuthTable Auth => _auth;

    public OpenStore Current
    {
        get => _current;
        set => _current = value;
    }

    public bool IsInForce(AuthTable judged)
    {
        var announced = _announced;
        return ReferenceEquals(announced, judged) || (!announced.IsEnabled && !judged.IsEnabled);
    }

    /// <summary>Apply lane: before a view of the applier's state can be opened.</summary>
    public void Announce(Applier applier) => _announced = applier.Auth;

    /// <summary>Apply lane: at its start, and after each commit and each step of the sweep.</summary>
    public void Publish(Applier applier)
    {
        var writer = _current.Mvcc.Writer;
        _facts = new AppliedFacts(applier.Alarms.Alarms, writer.LiveBytes, writer.RetainedBytes) { Counts = applier.Counts };
        _announced = applier.Auth;
        _auth = applier.Auth;
    }
}
