using KvStore.Grpc.Server;

namespace KvStore.Grpc.Tests.Server;

public sealed class TellingPaceTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void Flood_IsToldAtItsBeginning_AndOnceInTheInterval()
    {
        var pace = new TellingPace(_time);
        Assert.Equal([1], Told(pace, times: 1000));
        _time.Advance(TellingPace.TellAfter - TimeSpan.FromTicks(1));
        Assert.Empty(Told(pace, times: 1));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal([1002], Told(pace, times: 1000));
        Assert.Equal(2001, pace.Count);
    }

    [Fact]
    public void Flood_OfManyThreads_IsToldOnce()
    {
        var pace = new TellingPace(_time);
        var told = 0;
        Parallel.For(0, 10_000, _ =>
        {
            if (pace.IsToBeTold(out var _))
                Interlocked.Increment(ref told);
        });
        Assert.Equal(1, told);
        Assert.Equal(10_000, pace.Count);
    }

    private static List<long> Told(TellingPace pace, int times)
    {
        var told = new List<long>();
        for (var i = 0; i < times; i++)
        {
            if (pace.IsToBeTold(out var count))
                told.Add(count);
        }

        return told;
    }
}
