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

    /// <summary>What is counted so far; may be read while the run goes on.</summary>
    public Tally Tally { get; } = new(plan.Time);

    /// <summary>Cancelling ends the run early; what was measured until then is the result.</summary>
    public async Task<LoadResult> RunAsync(CancellationToken cancellationToken)
    {
        await workload.PrepareAsync(plan, cancellationToken).ConfigureAwait(false);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _started = plan.Time.GetTimestamp();
        if (plan.Total is not null)
            Begin();
        var random = new Prng(plan.Seed);
        var clients = Enumerable.Range(0, plan.Clients).Select(number =>
        {
            var caller = workload.ClientOf(number, plan.Channels[number % plan.Channels.Count], random.Fork());
            return Task.Run(() => ClientAsync(number, caller, ending.Token), CancellationToken.None);
        }).ToArray();
        var all = Task.WhenAll(clients);
        if (plan.Total is null)
        {
            await ElapsedAsync(plan.WarmUp, all, cancellationToken).ConfigureAwait(false);
            Begin();
        }

        await ElapsedAsync(plan.Total is null ? plan.Duration : Timeout.InfiniteTimeSpan, all, cancellationToken).ConfigureAwait(false);
        Tally.End();
        plan.OnMeasuring?.Invoke(false);
        await ending.CancelAsync().ConfigureAwait(false);
        await all.ConfigureAwait(false);
        return Tally.Result(workload.Name);
    }

    private void Begin()
    {
        plan.OnMeasuring?.Invoke(true);
        Tally.Begin();
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

    private async Task ClientAsync(int number, ILoadClient caller, CancellationToken cancellationToken)
    {
        using var disposed = caller;
        for (long call = 0; !cancellationToken.IsCancellationRequested; call++)
        {
            if (plan.Total is { } total && Interlocked.Increment(ref _begun) > total)
                return;
            try
            {
                var intended = await WhenAsync(number, call, cancellationToken).ConfigureAwait(false);
                var bytes = await caller.CallAsync(cancellationToken).ConfigureAwait(false);
                Tally.Succeeded(intended, bytes);
            }
            catch (GrpcException failed) when (!cancellationToken.IsCancellationRequested)
            {
                Tally.Failed($"{failed.Code}: {failed.Message}");
                await Task.Delay(PauseAfterFailure, plan.Time, CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception ended) when (ended is GrpcException or OperationCanceledException && cancellationToken.IsCancellationRequested)
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
        var place = (call * plan.Clients) + number;
        var intended = _started + (long)(place / rate * plan.Time.TimestampFrequency);
        var wait = plan.Time.GetElapsedTime(plan.Time.GetTimestamp(), intended);
        if (wait <= TimeSpan.Zero)
            return intended;
        await Task.Delay(wait, plan.Time, cancellationToken).ConfigureAwait(false);
        return plan.Time.GetTimestamp();
    }
}
