using KvStore.Hosting;
using KvStore.Platform;

namespace KvStore.Wal.Tests.Lanes;

public sealed class ThreadLaneTests
{
    [Fact]
    public void Post_ManyPosters_EachPostersOrderIsKeptAndNothingIsLost()
    {
        const int Posters = 4;
        const int PerPoster = 50_000;
        using var seen = new Recorder<(int Poster, int Number)>(Posters * PerPoster);
        using var factory = new ThreadLaneFactory(NoFatal);
        var lane = factory.Create("test", capacity: 100, batchMax: 16, seen);
        factory.Start();
        var posters = Enumerable.Range(0, Posters).Select(poster => new Thread(() =>
        {
            for (var i = 0; i < PerPoster; i++)
            {
                while (!lane.TryPost((poster, i)))
                    Thread.Yield();
            }
        })).ToList();
        posters.ForEach(t => t.Start());
        posters.ForEach(t => t.Join());
        Assert.True(seen.Wait());
        for (var poster = 0; poster < Posters; poster++)
            Assert.Equal(Enumerable.Range(0, PerPoster), seen.Messages.Where(m => m.Poster == poster).Select(m => m.Number));
        Assert.InRange(seen.LargestBatch, 1, 16);
    }

    [Fact]
    public void Post_FullLane_RefusedUntilDrained()
    {
        using var seen = new Recorder<int>(3);
        using var factory = new ThreadLaneFactory(NoFatal);
        var lane = factory.Create("test", capacity: 3, batchMax: 16, seen);
        Assert.True(lane.TryPost(1));
        Assert.True(lane.TryPost(2));
        Assert.True(lane.TryPost(3));
        Assert.False(lane.TryPost(4));
        factory.Start();
        Assert.True(seen.Wait());
        Assert.Equal([1, 2, 3], seen.Messages);
    }

    [Fact]
    public void Dispose_WaitingMessages_HandledAndLaterOnesRefused()
    {
        using var seen = new Recorder<int>(1000);
        var factory = new ThreadLaneFactory(NoFatal);
        var lane = factory.Create("test", capacity: 1000, batchMax: 7, seen);
        for (var i = 0; i < 1000; i++)
            Assert.True(lane.TryPost(i));
        factory.Start();
        factory.Dispose();
        Assert.Equal(Enumerable.Range(0, 1000), seen.Messages);
        Assert.False(lane.TryPost(1));
    }

    [Fact]
    public void Handler_Throws_FatalHookIsToldAndLaneTakesNoMore()
    {
        string? lost = null;
        Exception? reason = null;
        using var told = new ManualResetEventSlim();
        using var factory = new ThreadLaneFactory((name, exception) =>
        {
            (lost, reason) = (name, exception);
            told.Set();
        });
        var lane = factory.Create("apply", capacity: 8, batchMax: 8, new Thrower());
        factory.Start();
        lane.TryPost(1);
        Assert.True(told.Wait(TimeSpan.FromSeconds(60)));
        Assert.Equal("apply", lost);
        Assert.Equal("handler failed", reason!.Message);
        Assert.False(lane.TryPost(2));
    }

    [Fact]
    public void Post_IdleLane_IsWokenEveryTime()
    {
        using var there = new Relay();
        using var back = new Relay();
        using var factory = new ThreadLaneFactory(NoFatal);
        var ping = factory.Create("ping", capacity: 4, batchMax: 4, there);
        var pong = factory.Create("pong", capacity: 4, batchMax: 4, back);
        there.Next = pong;
        back.Next = ping;
        back.StopAt = 20_000;
        factory.Start();
        ping.TryPost(0);
        Assert.True(back.Done.Wait(TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public void Post_SteadyState_AllocatesNothing()
    {
        using var factory = new ThreadLaneFactory(NoFatal);
        var lane = factory.Create("test", capacity: 1 << 15, batchMax: 64, new Ignore());
        factory.Start();
        for (var i = 0L; i < 1000; i++)
            lane.TryPost(i);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0L; i < 10_000; i++)
            lane.TryPost(i);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void NoFatal(string lane, Exception exception) => throw new InvalidOperationException(lane, exception);

    private sealed class Recorder<T>(int expected) : ILaneHandler<T>, IDisposable
    {
        public void Dispose() => _all.Dispose();

        private readonly ManualResetEventSlim _all = new();

        public List<T> Messages { get; } = [];

        public int LargestBatch { get; private set; }

        public void Handle(ReadOnlySpan<T> batch)
        {
            Messages.AddRange(batch);
            LargestBatch = Math.Max(LargestBatch, batch.Length);
            if (Messages.Count == expected)
                _all.Set();
        }

        public bool Wait() => _all.Wait(TimeSpan.FromSeconds(60));
    }

    private sealed class Relay : ILaneHandler<int>, IDisposable
    {
        public void Dispose() => Done.Dispose();

        public ILane<int>? Next { get; set; }

        public int StopAt { get; set; } = int.MaxValue;

        public ManualResetEventSlim Done { get; } = new();

        public void Handle(ReadOnlySpan<int> batch)
        {
            foreach (var number in batch)
            {
                if (number >= StopAt)
                    Done.Set();
                else
                    Next!.TryPost(number + 1);
            }
        }
    }

    private sealed class Ignore : ILaneHandler<long>
    {
        public void Handle(ReadOnlySpan<long> batch)
        {
        }
    }

    private sealed class Thrower : ILaneHandler<int>
    {
        public void Handle(ReadOnlySpan<int> batch) => throw new InvalidOperationException("handler failed");
    }
}
