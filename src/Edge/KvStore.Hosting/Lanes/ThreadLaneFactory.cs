using KvStore.Platform;

namespace KvStore.Hosting;

/// <summary>Lanes as threads: each lane has one of its own.</summary>
public sealed class ThreadLaneFactory : ILaneFactory, IDisposable
{
    /// <param name="onFatal">Told the lane's name and the exception that ended it. The process must not go on: the composition root stops it.</param>
    public ThreadLaneFactory(Action<string, Exception> onFatal) => ArgumentNullException.ThrowIfNull(onFatal);

    public ILane<TMessage> Create<TMessage>(string name, int capacity, int batchMax, ILaneHandler<TMessage> handler) =>
        throw new NotImplementedException();

    public void Start() => throw new NotImplementedException();

    /// <summary>Refuses new messages, handles those that wait, and ends the threads.</summary>
    public void Dispose() => throw new NotImplementedException();
}
