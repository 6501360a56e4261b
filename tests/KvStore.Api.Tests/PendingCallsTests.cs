using KvStore.Api.Calls;
using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.StateMachine;
using KvStore.Testing.Time;

namespace KvStore.Api.Tests;

public sealed class PendingCallsTests
{
    private static readonly ApiOptions Options = new() { Time = TimeProvider.System };

    [Fact]
    public async Task Complete_OfAWaitingCall_EndsItOnce()
    {
        using var calls = new PendingCalls(Options);
        var reply = calls.Begin(new RequestId(1));
        Assert.True(calls.IsAwaited(new RequestId(1)));
        calls.Complete(new RequestId(1), new Reply { Revision = new Revision(5) });
        calls.Complete(new RequestId(1), new Reply { Revision = new Revision(6) });
        calls.Fail(new RequestId(1), EtcdErrors.Timeout);
        Assert.Equal(5, (await reply).Revision.Value);
        Assert.Equal(0, calls.Count);
        Assert.False(calls.IsAwaited(new RequestId(1)));
    }

    // A reply nobody waits for: of another member's command, or of an earlier life.
    [Fact]
    public void Complete_OfAnUnknownCall_DoesNothing()
    {
        using var calls = new PendingCalls(Options);
        calls.Complete(new RequestId(1), default);
        Assert.Equal(0, calls.Count);
    }

    [Fact]
    public async Task Calls_ManyAtOnce_EachGetTheirOwnReply()
    {
        using var calls = new PendingCalls(Options);
        var ids = new RequestIds(new MemberId(7), entropy: 12345);
        await Parallel.ForEachAsync(Enumerable.Range(0, 20_000), async (i, _) =>
        {
            var id = ids.Next();
            var reply = calls.Begin(id);
            ThreadPool.UnsafeQueueUserWorkItem(_ => calls.Complete(id, new Reply { Revision = new Revision(i) }), null);
            Assert.Equal(i, (await reply).Revision.Value);
        });
        Assert.Equal(0, calls.Count);
    }

    [Fact]
    public async Task Call_WithoutAReply_EndsWithTheServersTimeLimit()
    {
        using var calls = new PendingCalls(new ApiOptions { Time = new HurriedTime() });
        Assert.Equal(EtcdErrors.Timeout, (await calls.Begin(new RequestId(1))).Error);
    }

    [Fact]
    public void RequestIds_OfTwoMembersAndTwoLives_DoNotMeet()
    {
        var seen = new HashSet<RequestId>();
        foreach (var ids in new[] { new RequestIds(new MemberId(1), 0), new RequestIds(new MemberId(2), 0), new RequestIds(new MemberId(1), 1UL << 40) })
        {
            for (var i = 0; i < 1000; i++)
            {
                var id = ids.Next();
                Assert.False(id.IsNone);
                Assert.True(seen.Add(id));
            }
        }
    }
}
