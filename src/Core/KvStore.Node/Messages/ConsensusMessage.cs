using KvStore.Primitives;
using KvStore.Raft;

namespace KvStore.Node.Messages;

/// <summary>A message to the Consensus lane; a value, because there is one for each call. Which fields have a meaning is said at the kinds.</summary>
internal readonly record struct ConsensusMessage
{
    public ConsensusMessageKind Kind { get; private init; }

    public RequestId Request { get; private init; }

    public ReadOnlyMemory<byte> Bytes { get; private init; }

    public ulong Number { get; private init; }

    public object? Event { get; private init; }

    public static ConsensusMessage Propose(RequestId request, ReadOnlyMemory<byte> command) =>
        new() { Kind = ConsensusMessageKind.Propose, Request = request, Bytes = command };

    public static ConsensusMessage Read(RequestId request) => new() { Kind = ConsensusMessageKind.Read, Request = request };

    public static ConsensusMessage Of(LeaseCall call) =>
        new() { Kind = ConsensusMessageKind.LeaseCall, Request = call.Request, Event = call };

    public static ConsensusMessage Peer(PeerArrival arrival) => new() { Kind = ConsensusMessageKind.Peer, Event = arrival };

    public static ConsensusMessage Tick(Instant now) => new() { Kind = ConsensusMessageKind.Tick, Number = (ulong)now.Ticks };

    public static ConsensusMessage Persisted(PersistMark mark) =>
        new() { Kind = ConsensusMessageKind.Persisted, Number = mark.Sequence };

    public static ConsensusMessage Applied(LogIndex index) =>
        new() { Kind = ConsensusMessageKind.Applied, Number = index.Value };

    public static ConsensusMessage ProposeAsLeader(Term term, ReadOnlyMemory<byte> command) =>
        new() { Kind = ConsensusMessageKind.ProposeAsLeader, Bytes = command, Number = term.Value };

    public static ConsensusMessage PeerUnreachable(MemberId member) =>
        new() { Kind = ConsensusMessageKind.PeerUnreachable, Number = member.Value };

    public static ConsensusMessage Of(ConsensusEvent rare) => new() { Kind = ConsensusMessageKind.Event, Event = rare };
}
