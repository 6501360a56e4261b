namespace KvStore.Platform;

/// <summary>Whom the thread that posts to a lane serves.</summary>
public enum Poster
{
    /// <summary>One caller, who waits for what comes of the message.</summary>
    Caller,

    /// <summary>
    /// Others too, who must not wait for this message's disk: the clock, and who reads a peer's frames. Heartbeats come and go on them, so a disk
    /// that hangs would cost an election.
    /// </summary>
    Shared,
}
