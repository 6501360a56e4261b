using KvStore.Platform;
using KvStore.StateMachine;

namespace KvStore.Node;

/// <summary>What a member is given by its composition root: the real world or a simulated one. The root owns and disposes them.</summary>
public sealed record NodeDoors
{
    public required IFileSystem Files { get; init; }

    public required IOrderedStoreProvider Stores { get; init; }

    public required IPeerNetwork Network { get; init; }

    public required ILaneFactory Lanes { get; init; }

    public required IReplies<Reply> Replies { get; init; }

    public required ITraceSink Trace { get; init; }

    /// <summary>Seeds election timeouts and read contexts. In production from the operating system's entropy.</summary>
    public required ulong Seed { get; init; }
}
