using KvStore.Grpc;
using KvStore.Load.Measures;
using KvStore.Primitives;

namespace KvStore.Load.Loops;

/// <summary>Drives the clients of one workload. One run per instance.</summary>
public sealed class LoadRun(IWorkload workload, LoadPlan plan)
{
    /// <summary>Before a client whose call failed tries the next: a server that refuses everything is not to be asked in a spin.</summary>
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(10);

    private long _started;
    private long _begun;
    private long _nextTurn;

    /// <summary>What is counted so far; may be read while the run goes on.</summary>
    public Tally Tally { get; } = new(plan.Time);

    /// <summary>Cancelling ends the run early; what was measured until then is the result.</summary>
    public async Task<LoadResult> RunAsync(CancellationToken cancellationToken)
    {
        await workload.PrepareAsync(plan, cancellationToken).ConfigureAwait(false);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _nextTurn = _started = plan.Time.GetTimestamp();
        if (plan.Total is not null)
            Begin();
        var random = new Prng(plan.Seed);
        var clients = Enumerable.Range(0, plan.Clients).Select(number =>
        {
            var caller = workload.ClientOf(number, plan, random.Fork());
            return Task.Run(() => ClientAsync(number, caller, ending.Token, plan.FinishesCalls ? cancellationToken : ending.Token), CancellationToken.None);
        }).ToArray();
        var all = Task.WhenAll(clients);
        if (plan.Total is null)
        {
            await ElapsedAsync(plan.WarmUp, all, cancellationToken).ConfigureAwait(false);
            Begin();
        }

        await ElapsedAsync(plan.Total is null ? plan.Duration : Timeout.InfiniteTimeSpan, all, cancellationToken).ConfigureAwait(false);
        if (!plan.FinishesCalls)
            End();
        await ending.CancelAsync().ConfigureAwait(false);
        await all.ConfigureAwait(false);
        if (plan.FinishesCalls)
            End();
        return Tally.Result(workload.Name);
    }

    private void Begin()
    {
        plan.OnMeasuring?.Invoke(true);
        Tally.Begin();
    }

    private void End()
    {
        Tally.End();
        plan.OnMeasuring?.Invoke(false);
    }

    private async Task ElapsedAsync(TimeSpan time, Task clients, CancellationToken cancellationToken)
    {
        try
        {
            await clients.WaitAsync(time, plan.Time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // the time is over, as planned
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // ended early
        }
    }

    /// <param name="number">Of the client.</param>
    /// <param name="caller">It.</param>
    /// <param name="ending">Cancelled when no further call begins.</param>
    /// <param name="calls">Cancelled when calls under way are given up.</param>
    private async Task ClientAsync(int number, ILoadClient caller, CancellationToken ending, CancellationToken calls)
    {
        using var disposed = caller;
        for (long call = 0; !ending.IsCancellationRequested; call++)
        {
            if (plan.Total is { } total && Interlocked.Increment(ref _begun) > total)
                return;
            try
            {
                var intended = await WhenAsync(number, call, ending).ConfigureAwait(false);
                var bytes = await caller.CallAsync(calls).ConfigureAwait(false);
                Tally.Succeeded(intended, bytes);
            }
            catch (GrpcException failed) when (!calls.IsCancellationRequested)
            {
                Tally.Failed(workload.ReasonOf(failed));
                await Task.Delay(PauseAfterFailure, plan.Time, CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception ended) when (ended is GrpcException or OperationCanceledException && ending.IsCancellationRequested)
            {
                return;
            }
        }
    }

    /// <summary>
    /// Waits for a call's turn; the moment its latency counts from. For a client that was still busy when its turn came that is
    /// the turn; for one that waited it is now, since a timer's delay is not the server's.
    /// </summary>
    private async ValueTask<long> WhenAsync(int number, long call, CancellationToken cancellationToken)
    {
        if (plan.RatePerSecond is not { } rate)
            return plan.Time.GetTimestamp();
        var turn = plan.Pace == Pace.SharedTurns ? TakeTurn(rate) : OwnTurn(number, call, rate);
        var wait = plan.Time.GetElapsedTime(plan.Time.GetTimestamp(), turn);
        if (plan.Total is null && turn >= _started + Ticks((plan.WarmUp + plan.Duration).TotalSeconds))
            await Task.Delay(Timeout.InfiniteTimeSpan, plan.Time, cancellationToken).ConfigureAwait(false); // beyond the end: no turn of this run
        else if (wait > TimeSpan.Zero)
            await Task.Delay(wait, plan.Time, cancellationToken).ConfigureAwait(false);
        else if (plan.Pace == Pace.OwnTurns)
            return turn;
        return plan.Time.GetTimestamp();
    }

    private long OwnTurn(int number, long call, double rate) => _started + Ticks(((call * plan.Clients) + number) / rate);

    /// <summary>The next turn of all clients: not before now, and not before the last one's interval is over.</summary>
    private long TakeTurn(double rate)
    {
        while (true)
        {
            var next = Volatile.Read(ref _nextTurn);
            var turn = Math.Max(next, plan.Time.GetTimestamp());
            if (Interlocked.CompareExchange(ref _nextTurn, turn + Ticks(1 / rate), next) == next)
                return turn;
        }
    }

    private long Ticks(double seconds) => (long)(seconds * plan.Time.TimestampFrequency);
}
