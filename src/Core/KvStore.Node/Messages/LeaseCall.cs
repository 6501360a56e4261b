using KvStore.Primitives;
using KvStore.StateMachine;

namespace KvStore.Node.Messages;

/// <summary>
/// A call that only the primary lessor may answer. It goes to the Consensus lane first, which confirms with a quorum that this
/// member still leads (L3), and from there to the Apply lane, once that has applied everything committed before (L4).
/// There it is also judged whether the caller may.
/// </summary>
internal sealed record LeaseCall(RequestId Request, LeaseId Lease, LeaseCallKind Kind, Caller Caller);
