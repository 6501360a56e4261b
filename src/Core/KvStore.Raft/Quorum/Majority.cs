namespace KvStore.Raft;

/// <summary>
/// What a majority of one set of voters has decided. Pure. The empty set decides everything: it is the other half of a
/// membership that is not joint.
/// </summary>
internal static class Majority
{
    /// <summary>The greatest value that more than half of the voters have reached. Sorts the span.</summary>
    public static ulong Reached(Span<ulong> values)
    {
        if (values.IsEmpty)
            return ulong.MaxValue;
        InsertionSort(values);
        // Ascending order: the voters from this place on are a majority, and all of them have at least this value.
        return values[values.Length - (values.Length / 2) - 1];
    }

    public static VoteResult Tally(ReadOnlySpan<Ballot> ballots)
    {
        if (ballots.IsEmpty)
            return VoteResult.Won;
        int granted = 0, rejected = 0;
        foreach (var ballot in ballots)
        {
            if (ballot == Ballot.Granted)
                granted++;
            else if (ballot == Ballot.Rejected)
                rejected++;
        }

        var quorum = (ballots.Length / 2) + 1;
        if (granted >= quorum)
            return VoteResult.Won;
        return ballots.Length - rejected < quorum ? VoteResult.Lost : VoteResult.Pending;
    }

    // Voters are few (three to nine) and nearly sorted from the last time.
    private static void InsertionSort(Span<ulong> values)
    {
        for (var i = 1; i < values.Length; i++)
        {
            var value = values[i];
            var j = i;
            for (; j > 0 && values[j - 1] > value; j--)
                values[j] = values[j - 1];
            values[j] = value;
        }
    }
}
