using KvStore.Node.Watch;
using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Node.Tests.Watch;

/// <summary>A Watch lane over a dumb store, run by hand: nothing happens before <see cref="Run"/>.</summary>
internal sealed class WatchFixture : ILane<WatchMessage>, ITraceSink
{
    private readonly Queue<WatchMessage> _inbox = new();
    private long _streams;
    private Instant _now;

    public WatchFixture(WatchOptions? options = null, RealStore? real = null)
    {
        Store = new ModelStore();
        Lane = new WatchLane(real?.History ?? Store, options ?? new WatchOptions { Prng = new Prng(1) }, this);
        Lane.Attach(this);
    }

    public ModelStore Store { get; set; }

    public WatchLane Lane { get; }

    /// <summary>Messages handed over at once, at most.</summary>
    public int BatchMax { get; set; } = 8;

    public bool IsFull { get; set; }

    public List<TraceEvent> Traces { get; } = [];

    public bool TryPost(WatchMessage message, Poster poster = Poster.Caller)
    {
        if (IsFull)
            return false;
        _inbox.Enqueue(message);
        return true;
    }

    public void Emit(in TraceEvent traceEvent) => Traces.Add(traceEvent);

    public void Post(WatchMessage message) => _inbox.Enqueue(message);

    public void Send(WatchMessage message)
    {
        Post(message);
        Run();
    }

    /// <summary>Runs the lane until its inbox is empty.</summary>
    public void Run()
    {
        while (_inbox.Count > 0)
            Step();
    }

    /// <summary>Hands over one batch.</summary>
    public void Step()
    {
        var batch = new List<WatchMessage>();
        while (batch.Count < BatchMax && _inbox.TryDequeue(out var message))
            batch.Add(message);
        Lane.Handle(batch.ToArray());
        Assert.Equal(0, Store.OpenViews);
    }

    public StreamProbe OpenStream()
    {
        var probe = new StreamProbe(this, new WatchStreamId(++_streams));
        Send(WatchMessage.OpenStream(probe.Id, probe));
        return probe;
    }

    public void Commit(params Change[] transaction) => Send(WatchMessage.Committed(Store.Commit(transaction)));

    public void Put(string key, string value = "v") => Commit(Change.Put(key, value));

    public void Delete(string key) => Commit(Change.Delete(key));

    /// <summary>A commit that the lane is not told of, as when its inbox was full.</summary>
    public void CommitUnseen(params Change[] transaction) => Store.Commit(transaction);

    public void Tick(TimeSpan passed = default)
    {
        _now += passed;
        Send(WatchMessage.Tick(_now));
    }

    public WatchStatistics Statistics()
    {
        Tick();
        return Lane.Statistics;
    }
}
