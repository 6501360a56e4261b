using Google.Protobuf;

namespace KvStore.Ctl.Commands.Mirroring;

/// <summary>What is mirrored, from where in history, and under which names.</summary>
/// <param name="Prefix">The keys; empty for all.</param>
/// <param name="DestinationPrefix">Stands in the prefix's place at the destination.</param>
/// <param name="FirstRevision">Changes from this one on; 0 or 1: first the keys as they are, then what happens to them.</param>
/// <param name="TxnOperationsMax">Operations in one transaction at the destination, whose own limit (128 unless told) is the reason.</param>
internal sealed record MirrorPlan(ByteString Prefix, ByteString DestinationPrefix, long FirstRevision, int TxnOperationsMax)
{
    /// <summary>
    /// Bytes of keys and values in one transaction: below the 1.5 MiB that servers take unless told, with room for the framing. A single
    /// larger pair goes alone, and the destination judges it.
    /// </summary>
    public const int TxnBytesMax = 1024 * 1024;

    public bool CopiesFirst => FirstRevision <= 1;

    public ByteString Renamed(ByteString key) => ByteString.CopyFrom([.. DestinationPrefix.Span, .. key.Span[Prefix.Length..]]);
}
