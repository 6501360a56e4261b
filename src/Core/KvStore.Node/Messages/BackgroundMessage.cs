using KvStore.Node.Background;
using KvStore.Node.Peers;
using KvStore.Node.Stores;
using KvStore.Primitives;
using KvStore.Raft;

namespace KvStore.Node.Messages;

/// <summary>A message to the Background lane.</summary>
internal abstract record BackgroundMessage
{
    public sealed record Tick(Instant Now) : BackgroundMessage;

    /// <summary>The store contains everything up to the index (not yet durably); what the entries since the message before cost.</summary>
    public sealed record Applied(LogIndex Index, long Bytes) : BackgroundMessage;

    /// <summary>A peer needs a snapshot; answered once by SnapshotSendFinished. The term is the leader's.</summary>
    public sealed record SendSnapshot(MemberId To, Term Term) : BackgroundMessage;

    /// <summary>A snapshot frame of a peer.</summary>
    public sealed record SnapshotFrame(MemberId From, SnapshotPart Part) : BackgroundMessage;

    /// <summary>An offered snapshot is not wanted.</summary>
    public sealed record DropSnapshot(string Path) : BackgroundMessage;

    /// <summary>Raft wants an offered snapshot: its store becomes the member's.</summary>
    public sealed record AdoptSnapshot(SnapshotMark Mark, string Path) : BackgroundMessage;

    /// <summary>A snapshot replaced the store. The old one is closed here once nobody reads it any more.</summary>
    public sealed record StoreReplaced(OpenStore Now, OpenStore Before) : BackgroundMessage;

    /// <summary>A client wants the hash of the key space.</summary>
    public sealed record HashKeyValues(RequestId Request, Revision At) : BackgroundMessage;

    /// <summary>A caller wants a copy of the store to read from.</summary>
    public sealed record CopyStore(RequestId Request, StoreCopy Copy) : BackgroundMessage;

    /// <summary>The caller is done with its copy, or has given up on it.</summary>
    public sealed record GiveBackCopy(StoreCopy Copy) : BackgroundMessage;

    /// <summary>The lane to itself: go on with sliced work, after what waits.</summary>
    public sealed record Continue : BackgroundMessage
    {
        public static readonly Continue Next = new();
    }
}
