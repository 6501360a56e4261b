using KvStore.Primitives;

namespace KvStore.Platform;

/// <summary>Where frames from other members arrive. Any thread; the frame belongs to the receiver afterwards.</summary>
public interface IPeerInbox
{
    /// <summary>False when the inbox is full: the transport waits (back-pressure on the connection) or drops, as the channel's rule says.</summary>
    bool TryReceive(MemberId from, PeerChannel channel, ReadOnlyMemory<byte> frame);

    /// <summary>
    /// The stream of votes and heartbeats or that of entries to a member was lost, or could not be made: raft stops sending ahead to
    /// it. The loss of the snapshot stream is not told: it costs chunks, which are sent again.
    /// </summary>
    void OnUnreachable(MemberId member);
}
