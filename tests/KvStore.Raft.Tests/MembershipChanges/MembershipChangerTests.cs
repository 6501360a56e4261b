using KvStore.Primitives;
using KvStore.Raft.Tests.Cluster;

namespace KvStore.Raft.Tests.MembershipChanges;

public sealed class MembershipChangerTests
{
    [Theory]
    [InlineData("+4", "auto", "voters=(1 2 3 4)")]
    [InlineData("?4", "auto", "voters=(1 2 3) learners=(4)")]
    [InlineData("-3", "auto", "voters=(1 2)")]
    [InlineData("=3", "auto", "voters=(1 2 3)")]
    [InlineData("-9", "auto", "voters=(1 2 3)")]
    [InlineData("?3", "auto", "voters=(1 2) learners=(3)")]
    [InlineData("+4 ?5", "auto", "voters=(1 2 3 4) learners=(5)")]
    [InlineData("+4 -3", "auto", "voters=(1 2 4) outgoing=(1 2 3) auto-leave")]
    [InlineData("+4 +5", "auto", "voters=(1 2 3 4 5) outgoing=(1 2 3) auto-leave")]
    [InlineData("+4", "joint", "voters=(1 2 3 4) outgoing=(1 2 3) auto-leave")]
    [InlineData("+4", "explicit", "voters=(1 2 3 4) outgoing=(1 2 3)")]
    [InlineData("?3 +4", "joint", "voters=(1 2 4) outgoing=(1 2 3) learners-next=(3) auto-leave")]
    public void TryApply_ToThreeVoters_GivesTheMembership(string steps, string transition, string expected)
    {
        Assert.True(MembershipChanger.TryApply(Three(), Change(steps, transition), out var next, out var why));
        Assert.Null(why);
        Assert.Equal(expected, next.ToString());
    }

    [Theory]
    [InlineData("-1 -2 -3", "no voter would be left")]
    [InlineData("?1 ?2 ?3", "no voter would be left")]
    [InlineData("+0", "a step names no member")]
    public void TryApply_ImpossibleChange_ChangesNothingAndSaysWhy(string steps, string expected)
    {
        Assert.False(MembershipChanger.TryApply(Three(), Change(steps, "auto"), out var next, out var why));
        Assert.Equal(Three(), next);
        Assert.Equal(expected, why);
    }

    [Fact]
    public void TryApply_WhileJoint_OnlyLeaves()
    {
        Assert.True(MembershipChanger.TryApply(Three(), Change("?3 +4", "explicit"), out var joint, out _));

        Assert.False(MembershipChanger.TryApply(joint, Change("+5", "auto"), out _, out var why));
        Assert.Equal("the joint membership must be left first", why);
        Assert.True(MembershipChanger.TryApply(joint, MembershipChange.LeaveJoint, out var left, out _));
        Assert.Equal("voters=(1 2 4) learners=(3)", left.ToString());
        Assert.False(MembershipChanger.TryApply(left, MembershipChange.LeaveJoint, out _, out why));
        Assert.Equal("the membership is not joint", why);
    }

    // A simple change keeps every two majorities overlapping; a joint one overlaps with what was and with what comes.
    [Fact]
    public void TryApply_RandomChanges_KeepMajoritiesOverlapping()
    {
        var prng = new Prng(5);
        var current = Three();
        var applied = 0;
        for (var round = 0; round < 3_000; round++)
        {
            var steps = Enumerable.Range(0, 1 + prng.Below(3))
                .Select(_ => new MembershipStep((MembershipStepKind)prng.Below(4), new MemberId(1 + prng.Below(6UL)))).ToList();
            var change = current.IsJoint
                ? MembershipChange.LeaveJoint
                : new MembershipChange { Steps = steps, Transition = (MembershipTransition)prng.Below(3) };
            if (!MembershipChanger.TryApply(current, change, out var next, out _))
                continue;
            applied++;
            Assert.True(QuorumsMeet(current, next), $"{current} -> {next}");
            Assert.Empty(next.Learners.Intersect(next.Voters.Concat(next.OutgoingVoters)));
            current = next;
        }

        Assert.True(applied > 2_000);
    }

    private static bool QuorumsMeet(Membership before, Membership after)
    {
        var all = before.All().Union(after.All()).ToList();
        var subsets = Enumerable.Range(0, 1 << all.Count).Select(bits => all.Where((_, i) => (bits >> i & 1) == 1).ToHashSet()).ToList();
        var quorumsBefore = subsets.Where(subset => IsQuorum(before, subset)).ToList();
        return subsets.Where(subset => IsQuorum(after, subset)).All(quorum => quorumsBefore.TrueForAll(other => other.Overlaps(quorum)));
    }

    private static bool IsQuorum(Membership membership, HashSet<MemberId> members) =>
        membership.Voters.Count(members.Contains) * 2 > membership.Voters.Count
        && (!membership.IsJoint || membership.OutgoingVoters.Count(members.Contains) * 2 > membership.OutgoingVoters.Count);

    private static Membership Three() => Membership.OfVoters(new MemberId(1), new MemberId(2), new MemberId(3));

    private static MembershipChange Change(string steps, string transition) => ChangeCodec.Parse(steps.Split(' '), transition);
}
