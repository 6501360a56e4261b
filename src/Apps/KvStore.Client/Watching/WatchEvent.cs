using KvStore.Protocol.Mvcc;

namespace KvStore.Client;

/// <summary>One change of one key.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Entry">The key afterwards; of a deleted key only <see cref="KvEntry.Key"/> and <see cref="KvEntry.ModRevision"/>.</param>
/// <param name="Previous">What it held before, when that was asked for, there was something, and it is not compacted.</param>
public sealed record WatchEvent(WatchEventKind Kind, KvEntry Entry, KvEntry? Previous)
{
    /// <summary>The key.</summary>
    public KvBytes Key => Entry.Key;

    /// <summary>True when the key did not exist before.</summary>
    public bool IsCreation => Kind == WatchEventKind.Put && Entry.CreateRevision == Entry.ModRevision;

    internal static WatchEvent Of(Event change) => new(
        change.Type == Event.Types.EventType.Put ? WatchEventKind.Put : WatchEventKind.Delete,
        KvEntry.Of(change.Kv),
        KvEntry.OrNone(change.PrevKv));
}
