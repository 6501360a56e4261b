namespace KvStore.Simulation.Disk;

/// <summary>The member's process has ended. Nobody in the product catches it: it is neither a storage failure nor a broken invariant.</summary>
public sealed class SimulatedCrashException : Exception
{
    public SimulatedCrashException()
        : base("the simulated process has ended")
    {
    }
}
