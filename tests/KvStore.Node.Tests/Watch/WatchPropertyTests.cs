using KvStore.Primitives;

namespace KvStore.Node.Tests.Watch;

/// <summary>
/// Random writes, compactions, lost commits, watchers and slowness, against the dumb store. For every watcher: what came is
/// ordered, unique, whole, atomic, resumable and bookmarkable (W1, W2, W4, W6, W7, W11) — judged by <see cref="WatcherJudge"/>.
/// </summary>
public sealed class WatchPropertyTests
{
    public static TheoryData<ulong> Seeds()
    {
        var seeds = new TheoryData<ulong>();
        for (ulong seed = 1; seed <= 60; seed++)
            seeds.Add(seed);
        return seeds;
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void RandomRun_KeepsEveryGuarantee(ulong seed)
    {
        var run = new WatchRandomRun(new Prng(seed));
        for (var step = 0; step < 400; step++)
            run.Step();
        run.Finish();
        Assert.True(run.EventsJudged > 0, "the run has shown something");
    }

    // The same over the real key space, whose sweep removes what compactions made unreachable meanwhile.
    [Theory]
    [MemberData(nameof(Seeds))]
    public void RandomRun_OverTheRealStore_KeepsEveryGuarantee(ulong seed)
    {
        var run = new WatchRandomRun(new Prng(seed + 1000), new RealStore());
        for (var step = 0; step < 400; step++)
            run.Step();
        run.Finish();
        Assert.True(run.EventsJudged > 0, "the run has shown something");
    }

    // A simulation relies on it: the same seed gives the same frames in the same order.
    [Fact]
    public void RandomRun_Repeated_IsTheSame()
    {
        Assert.Equal(Transcript(42), Transcript(42));

        static List<string> Transcript(ulong seed)
        {
            var run = new WatchRandomRun(new Prng(seed));
            for (var step = 0; step < 200; step++)
                run.Step();
            run.Finish();
            return run.Transcript;
        }
    }
}
