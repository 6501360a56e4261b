using KvStore.Platform;

namespace KvStore.Hosting;

/// <summary>Lanes as threads: each lane has one of its own. Made and disposed by one thread.</summary>
public sealed class ThreadLaneFactory : ILaneFactory, IDisposable
{
    private readonly Action<string, Exception> _onFatal;
    private readonly List<IThreadLane> _lanes = [];
    private int _started;

    /// <param name="onFatal">Told the lane's name and the exception that ended it. The process must not go on: the composition root stops it.</param>
    public ThreadLaneFactory(Action<string, Exception> onFatal)
    {
        ArgumentNullException.ThrowIfNull(onFatal);
        _onFatal = onFatal;
    }

    public ILane<TMessage> Create<TMessage>(string name, int capacity, int batchMax, ILaneHandler<TMessage> handler)
    {
        var lane = new ThreadLane<TMessage>(name, capacity, batchMax, handler, _onFatal);
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
