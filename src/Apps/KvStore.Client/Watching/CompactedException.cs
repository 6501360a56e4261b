using KvStore.Primitives;

namespace KvStore.Client;

/// <summary>
/// A watch cannot go on: the revision it needs is no longer there. What happened between is lost to it, so read the keys anew and
/// watch from the revision after that read.
/// </summary>
public sealed class CompactedException : Exception
{
    /// <param name="compactRevision">The oldest revision that is still there.</param>
    public CompactedException(Revision compactRevision)
        : base($"etcdserver: mvcc: required revision has been compacted (the oldest is {compactRevision})") => CompactRevision = compactRevision;

    /// <summary>The oldest revision that is still there.</summary>
    public Revision CompactRevision { get; }
}
