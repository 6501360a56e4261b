using KvStore.Primitives;

namespace KvStore.Raft.Tests.Quorum;

/// <summary>The quorum functions against a second implementation that does nothing clever: it tries every value and every subset.</summary>
public sealed class QuorumTests
{
    private const int Rounds = 20_000;

    [Fact]
    public void Reached_RandomVoters_IsTheGreatestValueThatAMajorityHas()
    {
        var prng = new Prng(1);
        for (var round = 0; round < Rounds; round++)
        {
            var values = RandomValues(prng, prng.Below(10));
            Assert.Equal(DumbReached(values), Majority.Reached([.. values]));
        }
    }

    [Fact]
    public void Reached_RandomJointVoters_IsTheGreatestValueThatBothMajoritiesHave()
    {
        var prng = new Prng(2);
        for (var round = 0; round < Rounds; round++)
        {
            var incoming = RandomValues(prng, prng.Below(6));
            var outgoing = RandomValues(prng, prng.Below(6));
            var expected = Math.Min(DumbReached(incoming), DumbReached(outgoing));
            Assert.Equal(expected, Joint.Reached([.. incoming], [.. outgoing]));
        }
    }

    [Fact]
    public void Tally_RandomBallots_AgreesWithEveryWayTheMissingOnesMayVote()
    {
        var prng = new Prng(3);
        for (var round = 0; round < Rounds; round++)
        {
            var ballots = RandomBallots(prng, prng.Below(8));
            Assert.Equal(DumbTally(ballots), Majority.Tally(ballots));
        }
    }

    [Fact]
    public void Tally_RandomJointBallots_IsWonByBothAndLostByEither()
    {
        var prng = new Prng(4);
        for (var round = 0; round < Rounds; round++)
        {
            var incoming = RandomBallots(prng, prng.Below(6));
            var outgoing = RandomBallots(prng, prng.Below(6));
            var (first, second) = (DumbTally(incoming), DumbTally(outgoing));
            var expected = first == VoteResult.Lost || second == VoteResult.Lost ? VoteResult.Lost
                : first == VoteResult.Won && second == VoteResult.Won ? VoteResult.Won : VoteResult.Pending;
            Assert.Equal(expected, Joint.Tally(incoming, outgoing));
        }
    }

    [Theory]
    [InlineData(new ulong[] { }, ulong.MaxValue)]
    [InlineData(new ulong[] { 7 }, 7)]
    [InlineData(new ulong[] { 7, 3 }, 3)]
    [InlineData(new ulong[] { 1, 5, 9 }, 5)]
    [InlineData(new ulong[] { 9, 1, 5, 2 }, 2)]
    [InlineData(new ulong[] { 9, 1, 5, 2, 8 }, 5)]
    public void Reached_KnownVoters_IsAsCountedByHand(ulong[] values, ulong expected) => Assert.Equal(expected, Majority.Reached(values));

    private static ulong DumbReached(ulong[] values) =>
        values.Length == 0 ? ulong.MaxValue : values.Append(0UL).Where(value => values.Count(other => other >= value) * 2 > values.Length).Max();

    // Won: however the missing ones vote, more than half grant. Lost: however they vote, they do not.
    private static VoteResult DumbTally(Ballot[] ballots)
    {
        var granted = ballots.Count(ballot => ballot == Ballot.Granted);
        var missing = ballots.Count(ballot => ballot == Ballot.Missing);
        if (ballots.Length == 0)
            return VoteResult.Won;
        var outcomes = Enumerable.Range(0, missing + 1).Select(more => (granted + more) * 2 > ballots.Length).Distinct().ToList();
        return outcomes.Count == 2 ? VoteResult.Pending : outcomes[0] ? VoteResult.Won : VoteResult.Lost;
    }

    private static ulong[] RandomValues(Prng prng, int count) => [.. Enumerable.Range(0, count).Select(_ => prng.Below(12UL))];

    private static Ballot[] RandomBallots(Prng prng, int count) => [.. Enumerable.Range(0, count).Select(_ => (Ballot)prng.Below(3))];
}
