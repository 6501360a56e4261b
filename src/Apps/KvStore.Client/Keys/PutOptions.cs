using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Client;

/// <summary>How a key is put.</summary>
public sealed record PutOptions
{
    /// <summary>The key goes when this lease does.</summary>
    public LeaseId Lease { get; init; }

    /// <summary>Returns what the key held before.</summary>
    public bool WithPrevious { get; init; }

    /// <summary>Keeps the value the key has (which must exist) and changes the rest, such as its lease.</summary>
    public bool KeepsValue { get; init; }

    /// <summary>Keeps the lease the key has (which must exist) and changes the value.</summary>
    public bool KeepsLease { get; init; }

    internal static PutRequest Request(KvBytes key, KvBytes value, PutOptions? options) => new()
    {
        Key = key.ToByteString(),
        Value = value.ToByteString(),
        Lease = options?.Lease.Value ?? 0,
        PrevKv = options?.WithPrevious ?? false,
        IgnoreValue = options?.KeepsValue ?? false,
        IgnoreLease = options?.KeepsLease ?? false,
    };
}
