using KvStore.Hosting;
using KvStore.Platform;

namespace KvStore.Wal.Tests.Lanes;

public sealed class ThreadLaneTests
{
    private static readonly TimeSpan AlwaysBrief = TimeSpan.FromHours(1);

    [Fact]
    public void Post_ManyPosters_EachPostersOrderIsKeptAndNothingIsLost()
    {
        const int Posters = 4;
        const int PerPoster = 50_000;
        using var seen = new Recorder<(int Poster, int Number)>(Posters * PerPoster);
        using var factory = new ThreadLaneFactory(NoFatal);
        var lane = factory.Create("test", capacity: 100, batchMax: 16, seen, LaneRunner.AnyPoster);
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
        var lane = factory.Create("test", capacity: 3, batchMax: 16, seen, LaneRunner.AnyPoster);
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
        var lane = factory.Create("test", capacity: 1000, batchMax: 7, seen, LaneRunner.AnyPoster);
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
        var lane = factory.Create("apply", capacity: 8, batchMax: 8, new Thrower(), LaneRunner.AnyPoster);
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
        var ping = factory.Create("ping", capacity: 4, batchMax: 4, there, LaneRunner.AnyPoster);
        var pong = factory.Create("pong", capacity: 4, batchMax: 4, back, LaneRunner.AnyPoster);
        there.Next = pong;
        back.Next = ping;
        back.StopAt = 20_000;
        factory.Start();
        ping.TryPost(0);
        Assert.True(back.Done.Wait(TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public void Post_ToAParkedLane_RunsOnTheThreadOfThePoster()
    {
        var threads = new Threads();
        using var factory = new ThreadLaneFactory(NoFatal, AlwaysBrief);
        var lane = factory.Create("test", capacity: 8, batchMax: 8, threads, LaneRunner.AnyPoster);
        factory.Start();
        // The lane's own thread takes the messages until it has parked; from then on it is not needed.
        PostUntil(lane, () => threads.Last == Environment.CurrentManagedThreadId);
        var handled = threads.Handled;
        Assert.True(lane.TryPost(0));
        Assert.Equal(handled + 1, threads.Handled);
    }

    [Fact]
    public void Post_ToALaneThatWaitsForDisks_RunsOnItsOwnThread()
    {
        const int Posts = 1000;
        var threads = new Threads();
        using (var factory = new ThreadLaneFactory(NoFatal, AlwaysBrief))
        {
            var lane = factory.Create("test", capacity: 8, batchMax: 8, threads, LaneRunner.OwnThread);
            factory.Start();
            for (var i = 0; i < Posts; i++)
                SpinWait.SpinUntil(() => lane.TryPost(0));
        }

        Assert.Equal(Posts, threads.Handled);
        Assert.DoesNotContain(Environment.CurrentManagedThreadId, threads.Seen);
    }

    [Fact]
    public void Post_WhenTheLastBatchWasNotBrief_RunsOnTheLanesThread()
    {
        var threads = new Threads();
        using var factory = new ThreadLaneFactory(NoFatal, briefRun: TimeSpan.Zero);
        var lane = factory.Create("test", capacity: 8, batchMax: 8, threads, LaneRunner.AnyPoster);
        factory.Start();
        for (var i = 1; i <= 1000; i++)
        {
            Assert.True(lane.TryPost(0));
            Assert.True(SpinWait.SpinUntil(() => threads.Handled == i, TimeSpan.FromSeconds(60)));
            if (i > 1)
                Assert.NotEqual(Environment.CurrentManagedThreadId, threads.Last);
        }
    }

    [Fact]
    public void Post_ManyPostersAndParkedLanes_OneAtATimeInOrderAndAfterThePostersBatch()
    {
        const int Posters = 4;
        const int PerPoster = 20_000;
        using var last = new Recorder<(int Poster, int Number)>(Posters * PerPoster);
        using var factory = new ThreadLaneFactory(NoFatal, AlwaysBrief);
        var second = factory.Create("second", capacity: 1 << 17, batchMax: 16, last, LaneRunner.AnyPoster);
        var between = new Stage(second);
        var first = factory.Create("first", capacity: 100, batchMax: 16, between, LaneRunner.AnyPoster);
        factory.Start();
        var posters = Enumerable.Range(0, Posters).Select(poster => new Thread(() =>
        {
            for (var i = 0; i < PerPoster; i++)
            {
                while (!first.TryPost((poster, i)))
                    Thread.Yield();
                // Now and then the lanes park, so that posters run them.
                if (i % 64 == 0)
                    Thread.Yield();
            }
        })).ToList();
        posters.ForEach(t => t.Start());
        posters.ForEach(t => t.Join());
        Assert.True(last.Wait());
        Assert.Equal(0, between.Overlaps);
        Assert.Equal(0, last.Overlaps);
        for (var poster = 0; poster < Posters; poster++)
            Assert.Equal(Enumerable.Range(0, PerPoster), last.Messages.Where(m => m.Poster == poster).Select(m => m.Number));
    }

    /// <summary>Consensus beats while Apply deletes a million keys: it must not be the thread that does it.</summary>
    [Theory]
    [InlineData(LaneRunner.Callers)]
    [InlineData(LaneRunner.LoneCallers)]
    public void Post_ToALaneForCallers_RunsOnTheCallerAndNeverOnTheThreadOfALane(LaneRunner callers)
    {
        var threads = new Threads();
        using var factory = new ThreadLaneFactory(NoFatal, AlwaysBrief);
        var unbounded = factory.Create("unbounded", capacity: 8, batchMax: 8, threads, callers);
        using var done = new Relay { Next = unbounded, StopAt = 1000 };
        var other = factory.Create("other", capacity: 8, batchMax: 8, done, LaneRunner.OwnThread);
        factory.Start();
        PostUntil(unbounded, () => threads.Last == Environment.CurrentManagedThreadId);
        threads.Seen.Clear();
        for (var i = 1; i <= 1000; i++)
        {
            var handled = threads.Handled;
            Assert.True(other.TryPost(0));
            Assert.True(SpinWait.SpinUntil(() => threads.Handled == handled + 1, TimeSpan.FromSeconds(60)));
        }

        Assert.Single(threads.Seen);
        Assert.DoesNotContain(Environment.CurrentManagedThreadId, threads.Seen);
        Assert.DoesNotContain(done.Thread, threads.Seen);
        PostUntil(unbounded, () => threads.Last == Environment.CurrentManagedThreadId);
    }

    [Fact]
    public void Post_ToALaneForLoneCallers_RunsOnTheCallerUntilABatchHasTwo()
    {
        const int FewerThanSayThatOneIsAlone = 15;
        var threads = new Threads();
        using var factory = new ThreadLaneFactory(NoFatal, AlwaysBrief);
        var lane = factory.Create("test", capacity: 8, batchMax: 8, threads, LaneRunner.LoneCallers);
        factory.Start();
        PostUntil(lane, () => threads.Last == Environment.CurrentManagedThreadId);
        var handled = threads.Handled;
        Assert.True(lane.TryPost(0));
        Assert.Equal(handled + 1, threads.Handled);

        using var gate = new ManualResetEventSlim();
        threads.Gate = gate;
        var other = new Thread(() => lane.TryPost(0));
        other.Start();
        Assert.True(SpinWait.SpinUntil(() => threads.IsInside, TimeSpan.FromSeconds(60)));
        // Two that come meanwhile are one batch.
        Assert.True(lane.TryPost(0));
        Assert.True(lane.TryPost(0));
        threads.Gate = null;
        gate.Set();
        other.Join();
        for (var i = 0; i < FewerThanSayThatOneIsAlone; i++)
        {
            var expected = handled + 4 + i;
            Assert.True(SpinWait.SpinUntil(() => threads.Handled == expected, TimeSpan.FromSeconds(60)));
            Assert.NotEqual(Environment.CurrentManagedThreadId, threads.Last);
            Assert.True(lane.TryPost(0));
        }

        PostUntil(lane, () => threads.Last == Environment.CurrentManagedThreadId);
    }

    /// <summary>A disk that hangs must not hold up the clock or the reading of a peer's heartbeats.</summary>
    [Fact]
    public void Post_ToALaneThatWaitsForDisks_DoesNotRunOnASharedThread()
    {
        var threads = new Threads();
        using var factory = new ThreadLaneFactory(NoFatal, AlwaysBrief);
        var disk = factory.Create("disk", capacity: 8, batchMax: 8, threads, LaneRunner.LoneCallers);
        using var relay = new Relay { Next = disk };
        var first = factory.Create("first", capacity: 8, batchMax: 8, relay, LaneRunner.AnyPoster);
        factory.Start();
        for (var i = 1; i <= 1000; i++)
        {
            Assert.True(first.TryPost(0, Poster.Shared));
            Assert.True(SpinWait.SpinUntil(() => threads.Handled == i, TimeSpan.FromSeconds(60)));
        }

        Assert.DoesNotContain(Environment.CurrentManagedThreadId, threads.Seen);
        PostUntil(first, () => threads.Last == Environment.CurrentManagedThreadId);
    }

    /// <summary>A lane that a long batch took from its thread would stand still for as long.</summary>
    [Fact]
    public void Post_FromALongBatch_IsHandledBeforeItsEnd()
    {
        var threads = new Threads();
        using var factory = new ThreadLaneFactory(NoFatal);
        var other = factory.Create("other", capacity: 8, batchMax: 8, threads, LaneRunner.AnyPoster);
        var slow = new WaitsForTheOther(other, threads);
        var lane = factory.Create("slow", capacity: 8, batchMax: 8, slow, LaneRunner.OwnThread);
        factory.Start();
        PostUntil(other, () => threads.Last == Environment.CurrentManagedThreadId);
        for (var i = 1; i <= 3; i++)
        {
            Assert.True(lane.TryPost(i));
            Assert.True(SpinWait.SpinUntil(() => slow.Batches == i, TimeSpan.FromSeconds(60)));
        }

        Assert.True(slow.WereHandledMeanwhile);
    }

    [Fact]
    public void Handler_ThrowsOnThePostersThread_FatalHookIsToldAndThePosterGoesOn()
    {
        string? lost = null;
        var threads = new Threads();
        using var factory = new ThreadLaneFactory((name, _) => lost = name, AlwaysBrief);
        var lane = factory.Create("apply", capacity: 8, batchMax: 8, threads, LaneRunner.AnyPoster);
        factory.Start();
        PostUntil(lane, () => threads.Last == Environment.CurrentManagedThreadId);
        threads.Failure = new InvalidOperationException("handler failed");
        Assert.True(lane.TryPost(0));
        Assert.Equal("apply", lost);
        Assert.False(lane.TryPost(0));
    }

    [Fact]
    public void Post_SteadyState_AllocatesNothing()
    {
        using var factory = new ThreadLaneFactory(NoFatal);
        var lane = factory.Create("test", capacity: 1 << 15, batchMax: 64, new Ignore(), LaneRunner.AnyPoster);
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

        /// <summary>How often two threads were in the handler.</summary>
        public int Overlaps { get; private set; }

        private int _inside;

        public void Handle(ReadOnlySpan<T> batch)
        {
            if (Interlocked.Increment(ref _inside) != 1)
                Overlaps++;
            Messages.AddRange(batch);
            Interlocked.Decrement(ref _inside);
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

        public int Thread { get; private set; }

        public bool PostsLast => true;

        public void Handle(ReadOnlySpan<int> batch)
        {
            Thread = Environment.CurrentManagedThreadId;
            foreach (var number in batch)
            {
                if (number >= StopAt)
                    Done.Set();
                else
                    Next!.TryPost(number + 1);
            }
        }
    }

    private static void PostUntil(ILane<int> lane, Func<bool> condition) =>
        Assert.True(SpinWait.SpinUntil(() => lane.TryPost(0) && condition(), TimeSpan.FromSeconds(60)));

    /// <summary>Which threads the handler ran on. Read by the poster when its message was handled.</summary>
    private sealed class Threads : ILaneHandler<int>
    {
        private int _handled;

        public int Handled => Volatile.Read(ref _handled);

        public int Last { get; private set; }

        public HashSet<int> Seen { get; } = [];

        public Exception? Failure { get; set; }

        /// <summary>The handler waits for it.</summary>
        public ManualResetEventSlim? Gate { get; set; }

        public bool IsInside => Volatile.Read(ref _isInside);

        private bool _isInside;

        public void Handle(ReadOnlySpan<int> batch)
        {
            if (Failure is not null)
                throw Failure;
            Volatile.Write(ref _isInside, true);
            Gate?.Wait();
            Volatile.Write(ref _isInside, false);
            Last = Environment.CurrentManagedThreadId;
            Seen.Add(Last);
            Volatile.Write(ref _handled, _handled + batch.Length);
        }
    }

    /// <summary>Posts, and goes on until that is handled.</summary>
    private sealed class WaitsForTheOther(ILane<int> other, Threads seen) : ILaneHandler<int>
    {
        private int _batches;

        public int Batches => Volatile.Read(ref _batches);

        public bool WereHandledMeanwhile { get; private set; } = true;

        public void Handle(ReadOnlySpan<int> batch)
        {
            var handled = seen.Handled;
            Assert.True(other.TryPost(0));
            WereHandledMeanwhile &= SpinWait.SpinUntil(() => seen.Handled > handled, TimeSpan.FromSeconds(20));
            Volatile.Write(ref _batches, _batches + 1);
        }
    }

    /// <summary>Passes everything on, and counts whoever comes in while it does.</summary>
    private sealed class Stage(ILane<(int Poster, int Number)> next) : ILaneHandler<(int Poster, int Number)>
    {
        private int _inside;

        public int Overlaps { get; private set; }

        public void Handle(ReadOnlySpan<(int Poster, int Number)> batch)
        {
            if (Interlocked.Increment(ref _inside) != 1)
                Overlaps++;
            foreach (var message in batch)
                Assert.True(next.TryPost(message));
            Interlocked.Decrement(ref _inside);
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
