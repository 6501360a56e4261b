using KvStore.Primitives;

namespace KvStore.Platform;

/// <summary>Where frames from other members arrive. Any thread; the frame belongs to the receiver afterwards.</summary>
public interface IPeerInbox
{
    /// <summary>False when the inbox is full: the transport waits (back-pressure on the connection) or drops, as the channel's rule says.</summary>
    bool TryReceive(MemberId from, PeerChannel channel, ReadOnlyMemory<byte> frame);

    /// <summary>The last connection to a member was lost, or none could be made: raft stops sending ahead to it.</summary>
    void OnUnreachable(MemberId member);
}
