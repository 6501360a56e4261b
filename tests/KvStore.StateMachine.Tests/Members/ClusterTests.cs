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
        _machine.Applier.FoundCluster(
            new ClusterId(99),
            [new Member { Id = new MemberId(1), Name = "m1", PeerUrls = ["http://b", "http://a"] }]);
        _machine.Applier.Commit();
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
    public void FoundCluster_ForgetsTheFormerOne()
    {
        // C4
        _machine.Change(Step(Kind.AddVoter, 2, "http://c"));
        _machine.Change(Step(Kind.Remove, 2));
        _machine.Change(1, Step(Kind.AddLearner, 3, "http://d"));
        _machine.Applier.FoundCluster(new ClusterId(5), [new Member { Id = new MemberId(2) }]);
        _machine.Applier.Commit();
        _machine.Restart();
        var cluster = _machine.Applier.Cluster;
        Assert.Equal(5UL, cluster.Id.Value);
        Assert.Equal(2UL, Assert.Single(cluster.Members.Members).Id.Value);
        Assert.Empty(cluster.Members.Removed);
    }

    [Fact]
    public void EmptyMembershipEntry_ChangesNothing()
    {
        var reply = _machine.Apply(new LogEntry(new Term(1), _machine.Applier.State.Index.Next, LogEntryKind.Membership, default));
        Assert.Equal((null, true), (reply.Error, reply.Request.IsNone));
    }

    private Member Get(ulong id)
    {
        Assert.True(_machine.Applier.Cluster.Members.TryGet(new MemberId(id), out var member));
        return member;
    }

    private static MembershipStep Step(Kind kind, ulong id, params string[] urls) =>
        new() { Kind = kind, Member = new MemberRecord { Id = id, PeerUrls = { urls } } };
}
