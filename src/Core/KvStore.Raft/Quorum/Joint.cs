namespace KvStore.Raft;

/// <summary>What a joint membership has decided: both majorities must agree (raft paper §6).</summary>
internal static class Joint
{
    public static ulong Reached(Span<ulong> incoming, Span<ulong> outgoing) =>
        Math.Min(Majority.Reached(incoming), Majority.Reached(outgoing));

    public static VoteResult Tally(ReadOnlySpan<Ballot> incoming, ReadOnlySpan<Ballot> outgoing)
    {
        var first = Majority.Tally(incoming);
        var second = Majority.Tally(outgoing);
        if (first == VoteResult.Lost || second == VoteResult.Lost)
            return VoteResult.Lost;
        return first == VoteResult.Won && second == VoteResult.Won ? VoteResult.Won : VoteResult.Pending;
    }
}
