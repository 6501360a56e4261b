using KvStore.Load.Measures;
using KvStore.Testing.Time;

namespace KvStore.Load.Tests.Loops;

public sealed class TallyTests
{
    private readonly MovedTime _time = new();
    private readonly Tally _tally;

    public TallyTests() => _tally = new Tally(_time);

    [Fact]
    public void Tally_BeforeBeginAndAfterEnd_CountsNothing()
    {
        _tally.Succeeded(_time.GetTimestamp(), bytes: 10);
        _tally.Failed("before");
        _tally.Begin();
        _tally.Succeeded(_time.GetTimestamp(), bytes: 3);
        _time.Advance(TimeSpan.FromSeconds(1));
        _tally.End();
        _tally.Succeeded(_time.GetTimestamp(), bytes: 10);
        _tally.Failed("after");

        var result = _tally.Result("x");

        Assert.Equal((1L, 3L, 1.0, 1.0), (result.Done, result.BytesReceived, result.Seconds, result.PerSecond));
        Assert.Empty(result.Failures);
        Assert.Equal(3, _tally.Total);
    }

    [Fact]
    public void Timeline_HoldsWhatEachSecondDid()
    {
        _tally.Begin();
        foreach (var count in new[] { 2, 0, 5 })
        {
            if (count > 0)
                _tally.Succeeded(_time.GetTimestamp(), bytes: 0, count);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        _tally.End();

        Assert.Equal([2L, 0L, 5L], _tally.Result("x").Timeline);
    }
}
