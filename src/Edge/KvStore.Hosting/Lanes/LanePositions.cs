using System.Runtime.InteropServices;

namespace KvStore.Hosting;

/// <summary>
/// What posters and the thread of a lane write, each on cache lines of its own (128: processors fetch lines in pairs). Not nested
/// in the lane: a generic type cannot have an explicit layout.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 512)]
internal struct LanePositions
{
    /// <summary>Next position to post to.</summary>
    [FieldOffset(128)]
    public long Tail;

    /// <summary>Next position to take; written by the lane's thread.</summary>
    [FieldOffset(256)]
    public long Head;

    /// <summary>1 when the lane's thread parks and wants to be woken.</summary>
    [FieldOffset(384)]
    public int Parking;
}
