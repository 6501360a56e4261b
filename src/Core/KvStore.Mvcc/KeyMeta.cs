using KvStore.Primitives;

namespace KvStore.Mvcc;

/// <summary>What the index knows of one version of a key, without touching its value.</summary>
/// <param name="Modified">Where the version was written; the address of its stored <c>mvccpb.KeyValue</c>.</param>
/// <param name="Created">The revision of the put that created the key (or re-created it after a delete).</param>
/// <param name="Version">How many puts since then; 1 for the creating one.</param>
/// <param name="Lease">The lease the version is attached to.</param>
/// <param name="StoredBytes">
/// Length of the stored <c>mvccpb.KeyValue</c>: exactly what <see cref="MvccReader.CopyKeyValue"/> will append, so that a
/// length prefix can be written before it.
/// </param>
public readonly record struct KeyMeta(ItemRevision Modified, Revision Created, long Version, LeaseId Lease, int StoredBytes);
