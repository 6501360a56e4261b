using Google.Protobuf;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Api.Locks;

/// <summary>A place in a waiting line.</summary>
/// <param name="Key">The key that stands for it.</param>
/// <param name="CreatedAt">Its order: lower is before.</param>
/// <param name="Value">What the key holds, which may be from an earlier call with the same lease.</param>
/// <param name="Header">Of the answer that confirmed it.</param>
internal sealed record Place(ByteString Key, Revision CreatedAt, ByteString Value, ResponseHeader Header);
