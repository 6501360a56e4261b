using KvStore.Platform;

namespace KvStore.Hosting;

/// <summary>Lanes as threads: each has one of its own, and may be run by its posters while that one sleeps. Made and disposed by one thread.</summary>
public sealed class ThreadLaneFactory : ILaneFactory, IDisposable
{
    /// <summary>Waking a thread costs its poster and the thread about 20 µs of processor time together: what takes longer than twice that is not run to save it.</summary>
    private static readonly TimeSpan DefaultBriefRun = TimeSpan.FromMicroseconds(50);

    /// <summary>
    /// A wait for the disk leaves the processor to others, so it may be longer: several syncs of a solid-state disk (0.1 to 0.3 ms), and a fraction of
    /// one of a spinning disk (10 ms), for which a thread of the pool should not wait.
    /// </summary>
    private static readonly TimeSpan DefaultBriefWait = TimeSpan.FromMilliseconds(1);

    private readonly Action<string, Exception> _onFatal;
    private readonly TimeSpan _briefRun;
    private readonly TimeSpan _briefWait;
    private readonly List<IThreadLane> _lanes = [];
    private int _started;

    /// <param name="onFatal">Told the lane's name and the exception that ended it. The process must not go on: the composition root stops it.</param>
    /// <param name="briefRun">
    /// A lane whose last batch took at most this long is run by whoever posts to it while its thread is parked; else the thread is
    /// woken. Zero: every batch but the first runs on the lane's thread. When not given 50 µs, or 1 ms for <see cref="LaneRunner.LoneCallers"/>.
    /// </param>
    public ThreadLaneFactory(Action<string, Exception> onFatal, TimeSpan? briefRun = null)
    {
        ArgumentNullException.ThrowIfNull(onFatal);
        _onFatal = onFatal;
        _briefRun = briefRun ?? DefaultBriefRun;
        _briefWait = briefRun ?? DefaultBriefWait;
    }

    public ILane<TMessage> Create<TMessage>(string name, int capacity, int batchMax, ILaneHandler<TMessage> handler, LaneRunner runner)
    {
        var briefRun = runner == LaneRunner.LoneCallers ? _briefWait : _briefRun;
        var lane = new ThreadLane<TMessage>(name, capacity, batchMax, handler, runner, briefRun, _onFatal);
        _lanes.Add(lane);
        return lane;
    }

    public void Start()
    {
        for (; _started < _lanes.Count; _started++)
            _lanes[_started].Start();
    }

    /// <summary>Refuses new messages, handles those that wait, and ends the threads, in the order the lanes were made. A post that races with this may be lost.</summary>
    public void Dispose()
    {
        foreach (var lane in _lanes)
            lane.BeginStop();
        foreach (var lane in _lanes)
            lane.Dispose();
        _lanes.Clear();
        _started = 0;
    }
}
