using System.Text;
using KvStore.Mvcc;
using KvStore.Node.Watch;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Simulation.Store;

namespace KvStore.Node.Tests.Watch;

/// <summary>The real key space beside the dumb store: the same transactions in both, and the lane sees only the real one.</summary>
internal sealed class RealStore : ITraceSink
{
    private readonly MvccStore _keys;

    public RealStore()
    {
        var store = new SimulatedStoreProvider(new Prng(1), new SimulatedStoreOptions()).Open("db");
        _keys = MvccStore.Open(store, new MvccOptions(), this);
        History = new MvccWatchHistory(_keys);
    }

    public IWatchHistory History { get; }

    public CommittedBatch Commit(Change[][] transactions)
    {
        foreach (var transaction in transactions)
        {
            _keys.Writer.BeginTxn();
            foreach (var change in transaction)
            {
                var key = Encoding.UTF8.GetBytes(change.Key);
                if (change.Value is null)
                    _keys.Writer.DeleteRange(key, default);
                else
                    _keys.Writer.Put(key, Encoding.UTF8.GetBytes(change.Value), LeaseId.None);
            }

            _keys.Writer.EndTxn();
        }

        return _keys.Writer.Commit();
    }

    /// <summary>The metadata at once; the sweep in steps of its own.</summary>
    public void Compact(Revision at)
    {
        _keys.Writer.ScheduleCompact(at);
        _keys.Writer.Commit();
    }

    public void Sweep() => _keys.Sweep.Next(3);

    public void Emit(in TraceEvent traceEvent)
    {
    }
}
