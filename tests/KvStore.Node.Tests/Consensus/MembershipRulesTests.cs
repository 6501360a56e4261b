using KvStore.Node.Consensus;
using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.Raft;

namespace KvStore.Node.Tests.Consensus;

/// <summary>C7 and etcd's strict-reconfig-check, as a table: who is started, who answers, what is asked.</summary>
public sealed class MembershipRulesTests
{
    private static readonly NodeOptions _strict = new() { DataDirectory = "x" };
    private static readonly MemberId _new = new(9);

    [Theory]
    [InlineData(1, 1, 1, null)] // one grows to two
    [InlineData(2, 2, 2, null)]
    [InlineData(2, 1, 2, "started")] // quorum of three is two
    [InlineData(3, 3, 3, null)]
    [InlineData(3, 3, 2, "unhealthy")] // quorum of four is three
    [InlineData(4, 4, 3, null)] // one down, quorum of five is three
    [InlineData(3, 2, 3, "started")]
    public void AddVoter(int voters, int started, int active, string? refusal) =>
        Assert.Equal(Expected(refusal), Judge(MembershipRequestKind.AddVoter, _new, voters, started, active));

    [Theory]
    [InlineData(3, 3, 2, null)] // a learner needs the quorum that is
    [InlineData(3, 1, 2, null)]
    [InlineData(3, 3, 1, "unhealthy")]
    public void AddLearner(int voters, int started, int active, string? refusal) =>
        Assert.Equal(Expected(refusal), Judge(MembershipRequestKind.AddLearner, _new, voters, started, active));

    [Theory]
    [InlineData(3, 3, 3, 1, null)]
    [InlineData(3, 3, 2, 1, "unhealthy")] // an answering one goes while another is down
    [InlineData(3, 3, 2, 3, null)] // the one that is down may always go
    [InlineData(2, 2, 2, 2, "unhealthy-not")]
    [InlineData(1, 1, 1, 1, "started")]
    [InlineData(3, 2, 2, 1, "started")]
    public void Remove(int voters, int started, int active, int member, string? refusal) =>
        Assert.Equal(
            Expected(refusal == "unhealthy-not" ? null : refusal),
            Judge(MembershipRequestKind.Remove, new MemberId((ulong)member), voters, started, active));

    /// <summary>C7 of a follower: it judges as the leader does by what the leader told it, and nothing when it did not ask.</summary>
    [Theory]
    [InlineData(MembershipRequestKind.AddVoter, 9, 2, "unhealthy")]
    [InlineData(MembershipRequestKind.AddVoter, 9, 3, null)]
    [InlineData(MembershipRequestKind.AddLearner, 9, 2, null)]
    [InlineData(MembershipRequestKind.Remove, 1, 2, "unhealthy")]
    [InlineData(MembershipRequestKind.Remove, 3, 2, null)]
    public void OfAFollower(MembershipRequestKind kind, int member, int active, string? refusal)
    {
        var directory = Directory(3, 3);
        var request = Request(kind, new MemberId((ulong)member)) with { Active = Enumerable.Range(1, active).Select(i => new MemberId((ulong)i)).ToHashSet() };
        Assert.Equal(Expected(refusal), MembershipRules.Judge(request, directory, ClusterHealth.OfAnswers(request.Active, directory), _strict));
        Assert.Equal(EtcdErrors.NotLeader, MembershipRules.Judge(request, directory, ClusterHealth.OfAnswers(null, directory), _strict));
    }

    [Fact]
    public void WithoutTheStrictCheck_OnlyTheLogDecides()
    {
        var lenient = _strict with { StrictReconfigCheck = false };
        Assert.Null(MembershipRules.Judge(Request(MembershipRequestKind.AddVoter, _new), Directory(3, 1), Health(3, 1), lenient));
        Assert.Null(MembershipRules.Judge(Request(MembershipRequestKind.Remove, new MemberId(1)), Directory(1, 1), Health(1, 1), lenient));
    }

    /// <summary>C5: a learner is promoted only when it has come nine tenths of the way, answers, and the leader is asked.</summary>
    [Theory]
    [InlineData(90, true, null)]
    [InlineData(89, true, "etcdserver: can only promote a learner member which is in sync with leader")]
    [InlineData(100, false, "etcdserver: can only promote a learner member which is in sync with leader")]
    public void Promote(int match, bool answers, string? refusal)
    {
        var learner = new MemberInfo(_new, "", ["http://new"], [], IsLearner: true);
        var directory = new MemberDirectory([.. Directory(2, 2).Members, learner], [], "");
        var peers = new List<PeerStatus> { Peer(1, true), Peer(2, true), Peer(9, answers) with { IsLearner = true, Match = new LogIndex((ulong)match) } };
        var health = new ClusterHealth(new MemberId(1), new LogIndex(100), peers);
        Assert.Equal(refusal, MembershipRules.Judge(Request(MembershipRequestKind.Promote, _new), directory, health, _strict)?.Text);
        Assert.Equal(EtcdErrors.NotLeader, MembershipRules.Judge(Request(MembershipRequestKind.Promote, _new), directory, null, _strict));
        Assert.Equal(EtcdErrors.MemberNotLearner, MembershipRules.Judge(Request(MembershipRequestKind.Promote, new MemberId(2)), directory, health, _strict));
        Assert.Equal(EtcdErrors.MemberNotFound, MembershipRules.Judge(Request(MembershipRequestKind.Promote, new MemberId(8)), directory, health, _strict));
    }

    /// <summary>C7: both majorities of the joint membership have to be there, without the one that goes and with the learner that comes.</summary>
    [Theory]
    [InlineData(3, 3, 3, 3, null)]
    [InlineData(3, 3, 2, 3, null)] // the dead one is replaced
    [InlineData(3, 3, 2, 2, null)] // one is dead, another one is replaced: the leader and the learner
    [InlineData(3, 3, 1, 3, "unhealthy")]
    [InlineData(1, 1, 1, 1, null)] // a cluster of one
    [InlineData(5, 5, 3, 2, null)]
    [InlineData(5, 5, 2, 5, "unhealthy")]
    [InlineData(3, 2, 3, 3, null)] // it never started
    [InlineData(3, 1, 3, 1, "started")]
    public void Replace(int voters, int started, int active, int replaced, string? refusal)
    {
        var learner = new MemberInfo(_new, "new", ["http://new"], [], IsLearner: true);
        var directory = new MemberDirectory([.. Directory(voters, started).Members, learner], [], "");
        var peers = Enumerable.Range(1, voters).Select(i => Peer(i, i <= active)).Append(Peer(9, answers: true) with { IsLearner = true }).ToList();
        var health = new ClusterHealth(new MemberId(1), new LogIndex(100), peers);
        var request = Request(MembershipRequestKind.Promote, _new) with { Replaces = new MemberId((ulong)replaced) };
        Assert.Equal(Expected(refusal), MembershipRules.Judge(request, directory, health, _strict));
    }

    private static EtcdError? Expected(string? refusal) => refusal switch
    {
        "started" => EtcdErrors.MemberNotEnoughStarted,
        "unhealthy" => EtcdErrors.Unhealthy,
        _ => null,
    };

    private static EtcdError? Judge(MembershipRequestKind kind, MemberId member, int voters, int started, int active) =>
        MembershipRules.Judge(Request(kind, member), Directory(voters, started), Health(voters, active), _strict);

    private static MembershipRequest Request(MembershipRequestKind kind, MemberId member) => new() { Kind = kind, Member = member };

    /// <summary>Voters 1..n; the first ones are started.</summary>
    private static MemberDirectory Directory(int voters, int started)
    {
        var members = new List<MemberInfo>();
        for (var i = 1; i <= voters; i++)
            members.Add(new MemberInfo(new MemberId((ulong)i), i <= started ? "m" + i : "", ["http://" + i], [], IsLearner: false));
        return new MemberDirectory(members, [], "");
    }

    /// <summary>Member 1 leads; the first ones answer.</summary>
    private static ClusterHealth Health(int voters, int active)
    {
        var peers = new List<PeerStatus>();
        for (var i = 1; i <= voters; i++)
            peers.Add(Peer(i, i <= active));
        return new ClusterHealth(new MemberId(1), new LogIndex(100), peers);
    }

    private static PeerStatus Peer(int member, bool answers) =>
        new(new MemberId((ulong)member), IsLearner: false, ReplicationState.Replicate, new LogIndex(100), new LogIndex(101), answers, 0, 0);
}
