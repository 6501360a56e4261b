using KvStore.Node.Messages;
using KvStore.Primitives;

namespace KvStore.Node.Consensus;

/// <summary>Somebody who waits for a read index: a read, or a call that only a confirmed leader may answer.</summary>
internal readonly record struct ReadWaiter(RequestId Request, LeaseCall? Lease, Instant Since);
