using KvStore.Primitives;

namespace KvStore.Wal;

/// <summary>Whose log it is. On disk in the head of every segment, so that a directory moved to another member is refused.</summary>
public sealed record WalIdentity(ClusterId Cluster, MemberId Member)
{
    public override string ToString() => $"member {Member} of cluster {Cluster}";
}
