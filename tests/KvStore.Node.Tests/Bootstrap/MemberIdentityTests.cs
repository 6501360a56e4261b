using KvStore.Node.Bootstrap;
using KvStore.Primitives;

namespace KvStore.Node.Tests.Bootstrap;

/// <summary>The ids are etcd's: the well-known ones of a default single member, and their independence of order and name.</summary>
public sealed class MemberIdentityTests
{
    private const ulong DefaultMember = 0x8e9e05c52164694d;
    private const ulong DefaultCluster = 0xcdf818194e3a8c32;

    [Fact]
    public void DefaultMember_HasEtcdsIds()
    {
        var plan = BootstrapPlan.Found([("default", ["http://localhost:2380"])], "etcd-cluster", "default");
        Assert.Equal(new MemberId(DefaultMember), plan.Self);
        Assert.Equal(new ClusterId(DefaultCluster), plan.Cluster);
        Assert.Equal("8e9e05c52164694d", plan.Self.ToString());
    }

    [Fact]
    public void Founders_GetTheSameIdsInAnyOrder()
    {
        var first = BootstrapPlan.Found([("a", ["http://a:1", "http://a:2"]), ("b", ["http://b:1"])], "t", "a");
        var second = BootstrapPlan.Found([("b", ["http://b:1"]), ("a", ["http://a:2", "http://a:1"])], "t", "b");
        Assert.Equal(first.Cluster, second.Cluster);
        Assert.Equal(first.Members.Select(m => m.Id), second.Members.Select(m => m.Id));
        Assert.NotEqual(first.Self, second.Self);
        Assert.Equal(["http://a:1", "http://a:2"], first.Members.Single(m => m.Name == "a").PeerUrls);
    }

    /// <summary>C2: the same address added again is another member.</summary>
    [Fact]
    public void AddedMember_GetsAnIdOfItsTime()
    {
        var first = MemberIdentity.OfAdded(["http://a:1"], 1_700_000_000);
        var again = MemberIdentity.OfAdded(["http://a:1"], 1_700_000_001);
        Assert.NotEqual(first, again);
        Assert.Equal(first, MemberIdentity.OfAdded(["http://a:1"], 1_700_000_000));
    }
}
