using KvStore.Primitives;

namespace KvStore.Platform;

/// <summary>
/// The way to the other members. Frames are opaque bytes. A frame may be dropped, duplicated, delayed, or arrive after a later
/// one; within one connection of one channel the order is kept. Never blocks.
/// </summary>
public interface IPeerNetwork
{
    /// <summary>Queues a frame; false when the queue to that member is full or the member unknown, and the frame is dropped.</summary>
    bool TrySend(MemberId to, PeerChannel channel, ReadOnlyMemory<byte> frame);

    /// <summary>Adds a member or changes its addresses (peer URLs).</summary>
    void SetPeer(MemberId member, IReadOnlyList<string> urls);

    void RemovePeer(MemberId member);
}
