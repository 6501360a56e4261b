using KvStore.Primitives;

namespace KvStore.Raft;

/// <summary>One question for a read index: a local context, or the token of a peer's question.</summary>
internal readonly record struct ReadRequest(ulong Context, MemberId From, ReadToken Token);
