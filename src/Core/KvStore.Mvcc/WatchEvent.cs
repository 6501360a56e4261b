using KvStore.Primitives;

namespace KvStore.Mvcc;

/// <summary>One change of one key, ready for watchers. Immutable; its bytes are shared by everybody who sends it and never re-encoded.</summary>
/// <param name="Type">Put or delete.</param>
/// <param name="Revision">Where in the history it stands.</param>
/// <param name="Key">The key; a part of <paramref name="KeyValue"/>.</param>
/// <param name="KeyValue">The encoded <c>mvccpb.KeyValue</c> as <c>Event.kv</c> wants it; of a delete: key and mod_revision only.</param>
/// <param name="Previous">
/// The version that was live before this change's revision, for looking up <c>prev_kv</c>; null where there was none or the key
/// was created in it, where it was not asked for, or where compaction has removed it. As etcd has it, a change within the same
/// revision is not what came before.
/// </param>
public readonly record struct WatchEvent(
    WatchEventType Type,
    ItemRevision Revision,
    ReadOnlyMemory<byte> Key,
    ReadOnlyMemory<byte> KeyValue,
    ItemRevision? Previous);
