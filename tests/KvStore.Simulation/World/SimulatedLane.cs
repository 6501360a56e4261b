using KvStore.Platform;

namespace KvStore.Simulation.World;

/// <summary>A lane as a queue of the world: each batch is one action, some time after the message that caused it.</summary>
internal sealed class SimulatedLane<TMessage> : ILane<TMessage>, ISimulatedLane
{
    private readonly SimulatedProcess _process;
    private readonly string _name;
    private readonly int _capacity;
    private readonly int _batchMax;
    private readonly ILaneHandler<TMessage> _handler;
    private readonly Queue<TMessage> _inbox = new();
    private bool _started;
    private bool _draining;

    public SimulatedLane(SimulatedProcess process, string name, int capacity, int batchMax, ILaneHandler<TMessage> handler)
    {
        _process = process;
        _name = name;
        _capacity = process.LaneCapacity(name, capacity);
        _batchMax = batchMax;
        _handler = handler;
    }

    public bool TryPost(TMessage message, Poster poster = Poster.Caller)
    {
        if (!_process.IsAlive)
            return false;
        if (_inbox.Count >= _capacity)
        {
            _process.World.Sometimes("fault: lane refused a message");
            return false;
        }

        _inbox.Enqueue(message);
        DrainLater();
        return true;
    }

    public void Start()
    {
        _started = true;
        DrainLater();
    }

    private void DrainLater()
    {
        if (!_started || _draining || _inbox.Count == 0)
            return;
        _draining = true;
        _process.After(_process.LaneDelay(_name), Drain);
    }

    private void Drain()
    {
        // A thread may wake for the first message or for many: both happen.
        var most = Math.Min(_batchMax, _inbox.Count);
        var batch = new TMessage[_process.World.Chance.Chance(1, 4) ? 1 + _process.World.Chance.Below(most) : most];
        for (var i = 0; i < batch.Length; i++)
            batch[i] = _inbox.Dequeue();
        _handler.Handle(batch);
        _draining = false;
        DrainLater();
    }
}
