using KvStore.Raft;

namespace KvStore.Node.Messages;

/// <summary>A message of a peer, decoded and checked on the transport's thread. A class, so that the lane's ring does not copy it.</summary>
internal sealed class PeerArrival(in PeerMessage message)
{
    public readonly PeerMessage Message = message;
}
