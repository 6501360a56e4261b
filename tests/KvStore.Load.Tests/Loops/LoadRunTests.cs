using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Load.Loops;
using KvStore.Testing.Time;

namespace KvStore.Load.Tests.Loops;

public sealed class LoadRunTests : IDisposable
{
    private readonly GrpcChannel _channel = new("127.0.0.1:1");
    private readonly MovedTime _time = new();

    public void Dispose() => _channel.Dispose();

    [Fact]
    public async Task Run_WithATotal_MakesExactlySoManyCalls()
    {
        var calls = 0;
        var load = new FakeWorkload((_, _, _) => ValueTask.FromResult<long>(Interlocked.Increment(ref calls) * 0 + 7));

        var result = await new LoadRun(load, Plan(clients: 3) with { Total = 1000 }).RunAsync(CancellationToken.None);

        Assert.Equal((1000, 1000L, 7000L), (calls, result.Done, result.BytesReceived));
        Assert.Equal(1000, result.Latency.Count);
        Assert.Equal(3, load.Disposed);
    }

    // Coordinated omission: the nine calls that were due while the first stalled waited, too, and their latency says so.
    [Fact]
    public async Task Run_AtARateBehindAStall_CountsLatencyFromWhenACallWasDue()
    {
        var load = new FakeWorkload((_, call, _) =>
        {
            if (call == 0)
                _time.Advance(TimeSpan.FromMilliseconds(50));
            return ValueTask.FromResult(0L);
        });

        var result = await new LoadRun(load, Plan(clients: 1) with { Total = 10, RatePerSecond = 1000 }).RunAsync(CancellationToken.None);

        Assert.Equal(10, result.Done);
        Assert.InRange(result.Latency.Micros(100), 50_000, 50_100); // three digits of precision
        Assert.InRange(result.Latency.Micros(0), 40_900, 41_100);
    }

    [Fact]
    public async Task Run_WithoutARate_CountsLatencyFromTheCall()
    {
        var load = new FakeWorkload((_, call, _) =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(call == 0 ? 50 : 1));
            return ValueTask.FromResult(0L);
        });

        var result = await new LoadRun(load, Plan(clients: 1) with { Total = 10 }).RunAsync(CancellationToken.None);

        Assert.InRange(result.Latency.Micros(50), 999, 1_001);
        Assert.InRange(result.Latency.Micros(100), 50_000, 50_100);
    }

    [Fact]
    public async Task Run_WithFailures_CountsThemByReasonAndGoesOn()
    {
        var load = new FakeWorkload((_, call, _) => call % 2 == 0
            ? throw new GrpcException(StatusCode.Unavailable, "etcdserver: no leader")
            : ValueTask.FromResult(0L));

        var result = await new LoadRun(load, Plan(clients: 1) with { Total = 4, Time = TimeProvider.System }).RunAsync(CancellationToken.None);

        Assert.Equal(2, result.Done);
        Assert.Equal([new("Unavailable: etcdserver: no leader", 2L)], result.Failures);
    }

    [Fact]
    public async Task Run_ThatIsCancelled_KeepsWhatItMeasured()
    {
        using var stop = new CancellationTokenSource();
        var load = new FakeWorkload(async (_, call, token) =>
        {
            if (call < 5)
                return 0;
            await stop.CancelAsync();
            await new TaskCompletionSource().Task.WaitAsync(token);
            return 0;
        });

        var result = await new LoadRun(load, Plan(clients: 1) with { Total = long.MaxValue }).RunAsync(stop.Token);

        Assert.Equal(5, result.Done);
        Assert.Empty(result.Failures);
    }

    // What could not be sent while the server stalled is not sent later, and the latency is the call's own.
    [Fact]
    public async Task Run_WithSharedTurnsBehindAStall_LosesTheTurnsAndCountsLatencyFromTheCall()
    {
        var load = new FakeWorkload((_, call, _) =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(call == 0 ? 50 : 2));
            return ValueTask.FromResult(0L);
        });

        var result = await new LoadRun(load, Plan(clients: 1) with { Total = 10, RatePerSecond = 1000, Pace = Pace.SharedTurns }).RunAsync(CancellationToken.None);

        Assert.Equal(10, result.Done);
        Assert.InRange(result.Latency.Micros(100), 50_000, 50_100);
        Assert.InRange(result.Latency.Micros(75), 1_999, 2_002);
        Assert.Equal(0.068, result.Seconds, precision: 6);
    }

    [Fact]
    public async Task Run_ThatFinishesCalls_MeasuresWhatWasUnderWayWhenTheTimeWasOver()
    {
        var called = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answer = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        var load = new FakeWorkload((_, _, token) =>
        {
            called.TrySetResult();
            return new ValueTask<long>(answer.Task.WaitAsync(token));
        });

        // Measuring begins when the call is under way, and its time is over at once.
        var plan = Plan(clients: 1) with { Duration = TimeSpan.Zero, FinishesCalls = true, OnMeasuring = begins => called.Task.Wait(begins ? Timeout.Infinite : 0) };
        var run = new LoadRun(load, plan).RunAsync(CancellationToken.None);
        answer.SetResult(9);
        var result = await run;

        Assert.Equal((1, 9L), (result.Done, result.BytesReceived));
    }

    private LoadPlan Plan(int clients) => new() { Channels = [_channel], Clients = clients, Time = _time };
}
