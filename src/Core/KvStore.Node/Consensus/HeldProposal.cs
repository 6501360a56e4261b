using KvStore.Primitives;

namespace KvStore.Node.Consensus;

/// <summary>A command that could not be proposed yet. No request: it came from a peer, whose caller waits there.</summary>
internal readonly record struct HeldProposal(RequestId Request, ReadOnlyMemory<byte> Command, Instant Since);
