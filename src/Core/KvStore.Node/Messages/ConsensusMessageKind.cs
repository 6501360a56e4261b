namespace KvStore.Node.Messages;

internal enum ConsensusMessageKind
{
    /// <summary>A client's command: Request, Bytes.</summary>
    Propose = 0,

    /// <summary>A linearizable read: Request.</summary>
    Read,

    /// <summary>A keep-alive or time-to-live of a lease, to be answered once this member is confirmed as leader: Request, Event.</summary>
    LeaseCall,

    /// <summary>A decoded message of a peer: Event.</summary>
    Peer,

    /// <summary>Time has passed: Number = ticks of the instant.</summary>
    Tick,

    /// <summary>Number = sequence of the persist mark.</summary>
    Persisted,

    /// <summary>Number = applied index.</summary>
    Applied,

    /// <summary>A command of the member itself, dropped unless it still leads in the term: Bytes, Number = term.</summary>
    ProposeAsLeader,

    /// <summary>The last connection to a peer was lost: Number = member.</summary>
    PeerUnreachable,

    /// <summary>Anything rare: Event.</summary>
    Event,
}
