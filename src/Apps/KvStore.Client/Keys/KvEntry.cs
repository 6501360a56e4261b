using KvStore.Primitives;
using KvStore.Protocol.Mvcc;

namespace KvStore.Client;

/// <summary>A key with its value and history, as it was at one revision.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">The value; empty when only keys were asked for, and for a deleted key.</param>
/// <param name="CreateRevision">When the key was last created.</param>
/// <param name="ModRevision">When it was last changed.</param>
/// <param name="Version">How often it was put since it was created; 0 for a deleted key.</param>
/// <param name="Lease">The lease it goes with, or <see cref="LeaseId.None"/>.</param>
public sealed record KvEntry(KvBytes Key, KvBytes Value, Revision CreateRevision, Revision ModRevision, long Version, LeaseId Lease)
{
    internal static KvEntry Of(KeyValue kv) =>
        new(kv.Key, kv.Value, new Revision(kv.CreateRevision), new Revision(kv.ModRevision), kv.Version, new LeaseId(kv.Lease));

    internal static KvEntry? OrNone(KeyValue? kv) => kv is null ? null : Of(kv);

    internal static IReadOnlyList<KvEntry> All(IReadOnlyCollection<KeyValue> kvs)
    {
        if (kvs.Count == 0)
            return [];
        var entries = new List<KvEntry>(kvs.Count);
        foreach (var kv in kvs)
            entries.Add(Of(kv));
        return entries;
    }
}
