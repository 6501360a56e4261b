using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.Protocol.Etcd;
using KvStore.StateMachine.Tests.Support;

namespace KvStore.StateMachine.Tests.Leases;

public sealed class LeaseApplierTests : IDisposable
{
    private readonly Machine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void Grant_AnswersIdAndTtl()
    {
        var reply = _machine.Grant(77, 30);
        Assert.Equal(new LeaseGrantResponse { ID = 77, TTL = 30 }, LeaseGrantResponse.Parser.ParseFrom(reply.Body.Span));
        Assert.Equal(1, reply.Revision.Value);
    }

    [Theory]
    [InlineData(1, 9_000_000_000, null)]
    [InlineData(1, 9_000_000_001, "etcdserver: too large lease TTL")]
    [InlineData(0, 10, "etcdserver: requested lease not found")]
    [InlineData(-5, 10, null)]
    [InlineData(9, 10, "etcdserver: lease already exists")]
    [InlineData(9, 9_000_000_001, "etcdserver: too large lease TTL")]
    [InlineData(3, 0, null)]
    [InlineData(3, -1, null)]
    public void Grant_IdsAndTtls_AsEtcd(long lease, long ttl, string? refusal)
    {
        // L9
        _machine.Grant(9, 10);
        Assert.Equal(refusal, _machine.Grant(lease, ttl).Error?.Text);
    }

    [Theory]
    [InlineData(10, 100, 2)]
    [InlineData(50, 100, 8)]
    [InlineData(10, 20, 1)]
    public void TtlSecondsMin_IsThreeHalvesOfAnElectionInWholeSeconds(int ticks, int tickMillis, long expected) =>
        Assert.Equal(expected, LeaseRules.TtlSecondsMin(ticks, TimeSpan.FromMilliseconds(tickMillis)));

    [Fact]
    public void Resolve_RaisesTheTtlAndChoosesAPositiveId()
    {
        Assert.Equal(new LeaseGrantFields(2, new LeaseId(5)), LeaseRules.Resolve(new LeaseGrantFields(-3, default), 2, 5));
        Assert.Equal(new LeaseGrantFields(9, new LeaseId(1)), LeaseRules.Resolve(new LeaseGrantFields(9, default), 2, 1UL << 63));
        Assert.Equal(new LeaseGrantFields(9, new LeaseId(-4)), LeaseRules.Resolve(new LeaseGrantFields(9, new LeaseId(-4)), 2, 5));
    }

    [Fact]
    public void Revoke_DeletesTheKeysInOneRevisionInKeyOrder()
    {
        // L7
        _machine.Grant(1, 10);
        foreach (var key in new[] { "c", "a", "d", "b" })
            _machine.Put(key, "v", 1);
        _machine.Put("free", "v");
        _machine.CommitsEachEntry = false;
        var reply = _machine.Revoke(1);
        var batch = _machine.Applier.Commit();

        Assert.Null(reply.Error);
        Assert.Equal(7, reply.Revision.Value);
        Assert.Equal(["a", "b", "c", "d"], batch.Events.ToArray().Select(change => System.Text.Encoding.UTF8.GetString(change.Key.Span)));
        Assert.All(batch.Events.ToArray(), change => Assert.Equal(7, change.Revision.Main.Value));
        Assert.Equal(1, _machine.RangeDone("\0", "\0").Count);
    }

    [Fact]
    public void Revoke_WithoutKeys_ConsumesNoRevision()
    {
        _machine.Grant(1, 10);
        Assert.Equal(1, _machine.Revoke(1).Revision.Value);
        Assert.Equal(EtcdErrors.LeaseNotFound, _machine.Revoke(1).Error);
    }

    [Fact]
    public void Put_WithAnotherLeaseOrNone_Reattaches()
    {
        // L8, and the attached set after a restart (L7).
        _machine.Grant(1, 10);
        _machine.Grant(2, 10);
        _machine.Put("a", "v", 1);
        _machine.Put("b", "v", 1);
        _machine.Put("a", "v", 2);
        _machine.Put("b", "v");
        Assert.Empty(_machine.KeysOf(1));
        Assert.Equal(["a"], _machine.KeysOf(2));
        _machine.Restart();
        Assert.Empty(_machine.KeysOf(1));
        Assert.Equal(["a"], _machine.KeysOf(2));
        _machine.Delete("a");
        Assert.Empty(_machine.KeysOf(2));
    }

    [Fact]
    public void Put_UnknownLease_ChangesNothing()
    {
        // L8
        var reply = _machine.Apply(CommandKind.Put, new PutRequest { Key = Machine.Bytes("a"), Lease = 5 });
        Assert.Equal(EtcdErrors.LeaseNotFound, reply.Error);
        Assert.Equal(1, reply.Revision.Value);
        Assert.Equal(0, _machine.RangeDone("a").Count);
    }

    [Fact]
    public void Checkpoint_OfALeaseThatIsGone_IsPassedOver() => Assert.Null(_machine.Checkpoint(5, 10).Error);
}
