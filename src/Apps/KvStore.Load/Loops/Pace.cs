namespace KvStore.Load.Loops;

/// <summary>How the calls of a run with a rate are spread over its clients.</summary>
public enum Pace
{
    /// <summary>
    /// Every client has its own turns, evenly spaced. A latency counts from the moment a call should have begun, so that a server that
    /// stalls cannot hide the calls that had to wait for it (coordinated omission).
    /// </summary>
    OwnTurns,

    /// <summary>
    /// Whoever is free takes the next turn; turns that nobody could take are lost. A latency counts from when the call was sent. As
    /// etcdctl's checks do it, whose demands are made for that.
    /// </summary>
    SharedTurns,
}
