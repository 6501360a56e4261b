using KvStore.Primitives;

namespace KvStore.Platform;

/// <summary>
/// The way to the other members. Frames are opaque bytes. A frame may be dropped, delayed, or arrive after a later one; within one
/// connection of one channel the order is kept. Never blocks.
/// </summary>
/// <remarks>
/// A frame of <see cref="PeerChannel.Log"/> is delivered at most once: it may be a forwarded proposal, which would be applied
/// twice. So a transport never sends one again by itself; raft does, where it may. Frames of other channels may also be duplicated.
/// </remarks>
public interface IPeerNetwork
{
    /// <summary>Queues a frame; false when the queue to that member is full or the member unknown, and the frame is dropped.</summary>
    bool TrySend(MemberId to, PeerChannel channel, ReadOnlyMemory<byte> frame);

    /// <summary>Adds a member or changes its addresses (peer URLs).</summary>
    void SetPeer(MemberId member, IReadOnlyList<string> urls);

    void RemovePeer(MemberId member);
}
