using KvStore.Protocol;
using KvStore.StateMachine.Tests.Support;

namespace KvStore.StateMachine.Tests;

public sealed class CompactionTests : IDisposable
{
    private readonly Machine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void Compact_BoundsAreThoseOfEtcd()
    {
        // M11
        _machine.Put("a", "1");
        _machine.Put("a", "2");
        Assert.Equal(EtcdErrors.Compacted, _machine.Compact(-1).Error);
        Assert.Equal(EtcdErrors.FutureRevision, _machine.Compact(4).Error);
        Assert.Null(_machine.Compact(0).Error);
        Assert.Null(_machine.Compact(3).Error);
        Assert.Equal(EtcdErrors.Compacted, _machine.Compact(3).Error);
        Assert.Equal(EtcdErrors.Compacted, _machine.Compact(2).Error);
        Assert.Equal(EtcdErrors.Compacted, _machine.Compact(0).Error);
        Assert.Equal(1, _machine.RangeDone("a", revision: 3).Count);
    }

    [Fact]
    public void PhysicalCompact_IsAnsweredAfterItsSweep()
    {
        _machine.Put("a", "1");
        _machine.Put("a", "2");
        Assert.Equal(0, _machine.Compact(2).AnswerAfterSweepOf.Value);
        var reply = _machine.Compact(3, physical: true);
        Assert.Equal((3, 3), (reply.AnswerAfterSweepOf.Value, reply.Revision.Value));
        Assert.True(_machine.Keys.Sweep.Finished < reply.AnswerAfterSweepOf);
        _machine.SweepAll();
        Assert.True(_machine.Keys.Sweep.Finished >= reply.AnswerAfterSweepOf);
        Assert.Equal(0, _machine.Compact(3, physical: true).AnswerAfterSweepOf.Value);
    }
}
