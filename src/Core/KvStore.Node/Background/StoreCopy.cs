using KvStore.Platform;

namespace KvStore.Node.Background;

/// <summary>
/// A copy of the member's store for one caller outside of the lanes (the Snapshot rpc). The Background lane fills it before it
/// answers; until the caller gives it back, the caller alone reads it.
/// </summary>
public sealed class StoreCopy
{
    internal string Path { get; set; } = "";

    /// <summary>Set once the request was answered without an error.</summary>
    public IOrderedStore? Store { get; internal set; }
}
