using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.Protocol.Commands;
using KvStore.Protocol.Etcd;
using KvStore.Protocol.Snapshots;
using KvStore.StateMachine.Tests.Support;
using Kind = KvStore.Protocol.Snapshots.MembershipStep.Types.Kind;

namespace KvStore.StateMachine.Tests.Members;

public sealed class ClusterTests : IDisposable
{
    private readonly Machine _machine = new();

    public ClusterTests()
    {
        var batch = new StoreBatch();
        MemberTable.Found(batch, new ClusterId(99), [new Member { Id = new MemberId(1), Name = "m1", PeerUrls = ["http://b", "http://a"] }]);
        _machine.Store.Write(batch);
        _machine.Restart();
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void Add_AnswersTheMemberAndAllOfThem_WithRevisionZero()
    {
        var reply = _machine.Change(Step(Kind.AddVoter, 5, "http://e"));
        Assert.Equal(0, reply.Revision.Value);
        var response = MemberAddResponse.Parser.ParseFrom(reply.Body.Span);
        Assert.Equal(5UL, response.Member.ID);
        Assert.Equal([1UL, 5UL], response.Members.Select(member => member.ID));
        Assert.Equal(["http://a", "http://b"], response.Members[0].PeerURLs);
    }

    [Fact]
    public void Changes_AreRefusedAsEtcd()
    {
        // C2, C5, C6
        Assert.Null(_machine.Change(1, Step(Kind.AddLearner, 2, "http://c")).Error);
        Assert.Equal(EtcdErrors.MemberExists, _machine.Change(Step(Kind.AddVoter, 2, "http://x")).Error);
        Assert.Equal(EtcdErrors.PeerUrlExists, _machine.Change(Step(Kind.AddVoter, 3, "http://c")).Error);
        // The same addresses within the same second make the same id.
        Assert.Equal(EtcdErrors.PeerUrlExists, _machine.Change(Step(Kind.AddVoter, 2, "http://c")).Error);
        Assert.Equal(EtcdErrors.TooManyLearners, _machine.Change(1, Step(Kind.AddLearner, 3, "http://d")).Error);
        Assert.Equal(EtcdErrors.MemberNotFound, _machine.Change(Step(Kind.Promote, 3)).Error);
        Assert.Equal(EtcdErrors.MemberNotLearner, _machine.Change(Step(Kind.Promote, 1)).Error);
        Assert.Equal(EtcdErrors.MemberNotFound, _machine.Change(Step(Kind.Update, 3, "http://z")).Error);
        Assert.Equal(EtcdErrors.PeerUrlExists, _machine.Change(Step(Kind.Update, 2, "http://a")).Error);
        Assert.Null(_machine.Change(Step(Kind.Update, 2, "http://c", "http://cc")).Error);
        Assert.True(Get(2).IsLearner, "an update does not promote");
        Assert.Equal(EtcdErrors.MemberNotEnoughStarted, _machine.Change(Step(Kind.Remove, 1)).Error);
        Assert.Null(_machine.Change(Step(Kind.Promote, 2)).Error);
        Assert.False(Get(2).IsLearner);
        Assert.Null(_machine.Change(Step(Kind.Remove, 1)).Error);
        Assert.Equal(EtcdErrors.MemberNotFound, _machine.Change(Step(Kind.Remove, 1)).Error);
    }

    [Fact]
    public void RemovedId_IsRememberedAcrossRestarts()
    {
        // C1
        _machine.Change(Step(Kind.AddVoter, 2, "http://c"));
        _machine.Change(Step(Kind.Remove, 2));
        _machine.Restart();
        Assert.True(_machine.Applier.Cluster.Members.IsRemoved(new MemberId(2)));
        Assert.Equal(EtcdErrors.MemberNotFound, _machine.Change(Step(Kind.AddVoter, 2, "http://c")).Error);
        // The same URL under another id is welcome (C2).
        Assert.Null(_machine.Change(Step(Kind.AddVoter, 3, "http://c")).Error);
    }

    [Fact]
    public void SeveralSteps_AllOrNone()
    {
        var error = _machine.Change(Step(Kind.AddVoter, 2, "http://c"), Step(Kind.AddVoter, 3, "http://c")).Error;
        Assert.Equal(EtcdErrors.PeerUrlExists, error);
        Assert.Single(_machine.Applier.Cluster.Members.Members);
    }

    [Fact]
    public void Everything_SurvivesARestart()
    {
        // C3
        _machine.Apply(CommandKind.MemberAttributes, new MemberAttributes { MemberId = 1, Name = "new", ClientUrls = { "http://x" } });
        _machine.Apply(CommandKind.MemberAttributes, new MemberAttributes { MemberId = 8, Name = "nobody" });
        _machine.Apply(CommandKind.ClusterVersion, new ClusterVersion { Version = "3.7.0" });
        _machine.Apply(CommandKind.Downgrade, new Downgrade { Enabled = true, TargetVersion = "3.6.0" });
        _machine.Restart();
        var cluster = _machine.Applier.Cluster;
        Assert.Equal((99UL, "3.7.0", "3.6.0"), (cluster.Id.Value, cluster.Version, cluster.DowngradeTarget));
        Assert.Equal(("new", "http://x"), (Get(1).Name, Assert.Single(Get(1).ClientUrls)));
        Assert.Single(cluster.Members.Members);
        _machine.Apply(CommandKind.Downgrade, new Downgrade());
        _machine.Restart();
        Assert.Equal("", _machine.Applier.Cluster.DowngradeTarget);
    }

    [Fact]
    public void EmptyMembershipEntry_ChangesNothing()
    {
        var reply = _machine.Apply(new LogEntry(new Term(1), _machine.Applier.State.Index.Next, LogEntryKind.Membership, default));
        Assert.Equal((null, true), (reply.Error, reply.Request.IsNone));
    }

    /// <summary>C3: a joint change is in the table until it is left, so that a store written in the middle of it restarts there.</summary>
    [Fact]
    public void JointChange_KeepsBothSetsOfVoters_UntilItIsLeft()
    {
        _machine.Change(1, Learner(2, replaces: 1, "http://c"));
        Assert.Null(_machine.Change(Replacement(2, 1)).Error);
        _machine.Restart();
        Assert.True(_machine.Applier.Cluster.Members.IsJoint);
        Assert.Equal((MemberStage.Leaving, false), (Get(1).Stage, Get(1).IsLearner));
        Assert.Equal((MemberStage.Joining, false, 1UL), (Get(2).Stage, Get(2).IsLearner, Get(2).Replaces.Value));
        Assert.False(_machine.Applier.Cluster.Members.IsRemoved(new MemberId(1)));
        Assert.Equal(EtcdErrors.Unhealthy, _machine.Change(Step(Kind.AddVoter, 3, "http://d")).Error);

        _machine.Apply(new LogEntry(new Term(1), _machine.Applier.State.Index.Next, LogEntryKind.Membership, default));
        _machine.Restart();
        Assert.Equal(MemberStage.Settled, Get(2).Stage);
        Assert.Equal(2UL, Assert.Single(_machine.Applier.Cluster.Members.Members).Id.Value);
        Assert.True(_machine.Applier.Cluster.Members.IsRemoved(new MemberId(1)));
    }

    [Fact]
    public void JointChange_ThatCannotBeMade_ChangesNothing()
    {
        _machine.Change(1, Learner(2, replaces: 1, "http://c"));
        Assert.Equal(EtcdErrors.MemberNotFound, _machine.Change(Replacement(2, 7)).Error);
        Assert.Equal(EtcdErrors.MemberNotLearner, _machine.Change(Replacement(1, 2)).Error);
        Assert.False(_machine.Applier.Cluster.Members.IsJoint);
        Assert.True(Get(2).IsLearner);
    }

    /// <summary>C5: never two learners for one voter, never one for a learner or for nobody, whatever the limit of learners is.</summary>
    [Fact]
    public void Replaced_IsAVoter_AndByOneLearner()
    {
        Assert.Null(_machine.Change(0, Learner(2, replaces: 1, "http://c")).Error);
        Assert.Equal(MembershipErrors.ReplacementUnderWay, _machine.Change(0, Learner(3, replaces: 1, "http://d")).Error);
        Assert.Equal(MembershipErrors.OnlyVotersAreReplaced, _machine.Change(0, Learner(3, replaces: 2, "http://d")).Error);
        Assert.Equal(EtcdErrors.MemberNotFound, _machine.Change(0, Learner(3, replaces: 9, "http://d")).Error);
        Assert.Null(_machine.Change(0, Step(Kind.AddLearner, 3, "http://d")).Error);
        Assert.Equal(MembershipErrors.ReplacementUnderWay, _machine.Change(Adoption(3, replaces: 1)).Error);
        Assert.Null(_machine.Change(Adoption(3, replaces: 0)).Error);
        Assert.Null(_machine.Change(Adoption(2, replaces: 0)).Error);
        Assert.Null(_machine.Change(Adoption(3, replaces: 1)).Error);
        Assert.Equal((true, 1UL), (Get(3).AutoPromote, Get(3).Replaces.Value));
        Assert.Equal(EtcdErrors.MemberNotLearner, _machine.Change(Adoption(1, replaces: 0)).Error);
        Assert.Equal(EtcdErrors.MemberNotFound, _machine.Change(Adoption(9, replaces: 0)).Error);
    }

    /// <summary>C4: a member that begins its cluster anew does so out of the middle of a change, on either side of it.</summary>
    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    public void Forced_EndsAJointChange(ulong stays, ulong goes)
    {
        _machine.Change(1, Learner(2, replaces: 1, "http://c"));
        _machine.Change(Replacement(2, 1));
        var forced = new MembershipCommand { Forced = true, Steps = { Step(Kind.Remove, goes) } };
        Assert.Null(_machine.Change(forced).Error);
        Assert.Equal((stays, MemberStage.Settled), (Assert.Single(_machine.Applier.Cluster.Members.Members).Id.Value, Get(stays).Stage));
    }

    private static MembershipStep Learner(ulong id, ulong replaces, string url) =>
        new() { Kind = Kind.AddLearner, Member = new MemberRecord { Id = id, PeerUrls = { url }, AutoPromote = true, Replaces = replaces } };

    private static MembershipStep Adoption(ulong id, ulong replaces) =>
        new() { Kind = Kind.Adopt, Member = new MemberRecord { Id = id, AutoPromote = true, Replaces = replaces } };

    private static MembershipCommand Replacement(ulong promoted, ulong removed) =>
        new() { Joint = true, Steps = { Step(Kind.Promote, promoted), Step(Kind.Remove, removed) } };

    private Member Get(ulong id)
    {
        Assert.True(_machine.Applier.Cluster.Members.TryGet(new MemberId(id), out var member));
        return member;
    }

    private static MembershipStep Step(Kind kind, ulong id, params string[] urls) =>
        new() { Kind = kind, Member = new MemberRecord { Id = id, PeerUrls = { urls } } };
}
