namespace KvStore.Simulation.World;

internal interface ISimulatedLane
{
    void Start();
}
