using KvStore.Primitives;

namespace KvStore.Wal;

/// <summary>
/// Where the log starts: everything up to the index is in the store. The membership at that index is opaque bytes here;
/// zero index means the log starts at its first entry.
/// </summary>
public sealed record WalMark(LogIndex Index, Term Term, ReadOnlyMemory<byte> Membership)
{
    public static readonly WalMark None = new(LogIndex.Zero, Term.Zero, ReadOnlyMemory<byte>.Empty);
}
