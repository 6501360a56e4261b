using KvStore.Platform;

namespace KvStore.Simulation.World;

/// <summary>The lanes of one process.</summary>
public sealed class SimulatedLanes : ILaneFactory
{
    private readonly SimulatedProcess _process;
    private readonly List<ISimulatedLane> _lanes = [];

    public SimulatedLanes(SimulatedProcess process) => _process = process;

    public ILane<TMessage> Create<TMessage>(string name, int capacity, int batchMax, ILaneHandler<TMessage> handler, LaneRunner runner)
    {
        var lane = new SimulatedLane<TMessage>(_process, name, capacity, batchMax, handler);
        _lanes.Add(lane);
        return lane;
    }

    public void Start()
    {
        foreach (var lane in _lanes)
            lane.Start();
    }
}
