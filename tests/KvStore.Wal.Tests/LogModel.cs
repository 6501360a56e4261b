using KvStore.Primitives;

namespace KvStore.Wal.Tests;

/// <summary>What a log holds, kept the simple way. Immutable: every change gives the next state.</summary>
internal sealed record LogModel(HardState HardState, LogIndex MarkIndex, Term MarkTerm, string Membership, IReadOnlyList<LogEntry> Entries)
{
    public static readonly LogModel Empty = new(default, LogIndex.Zero, Term.Zero, "", []);

    public LogIndex Last => Entries.Count > 0 ? Entries[^1].Index : MarkIndex;

    public Term LastTerm => Entries.Count > 0 ? Entries[^1].Term : MarkTerm;

    public LogModel With(LogEntry entry) =>
        this with { Entries = [.. Entries.TakeWhile(e => e.Index < entry.Index), entry] };

    public LogModel WithMark(LogIndex index, Term term, string membership)
    {
        var known = index == MarkIndex || Entries.Any(e => e.Index == index && e.Term == term);
        return this with
        {
            MarkIndex = index, MarkTerm = term, Membership = membership,
            Entries = known ? [.. Entries.Where(e => e.Index > index)] : [],
        };
    }

    /// <summary>As recovery completes it: a term that only entries show, a commit index that only the mark shows.</summary>
    public LogModel Completed()
    {
        var commit = LogIndex.Max(HardState.Commit, MarkIndex);
        return this with
        {
            HardState = HardState.Term < LastTerm ? new HardState(LastTerm, MemberId.None, commit) : HardState with { Commit = commit },
        };
    }

    public static LogModel Of(WalRecovery recovered) => new(
        recovered.HardState, recovered.Start.Index, recovered.Start.Term, System.Text.Encoding.UTF8.GetString(recovered.Start.Membership.Span), recovered.Entries);

    public override string ToString() =>
        $"{HardState} mark {MarkIndex}/{MarkTerm}/{Membership} entries "
        + string.Join(' ', Entries.Select(e => $"{e.Index}/{e.Term}:{(byte)e.Kind}:{Crc32C.Of(e.Data.Span):x}"));
}
