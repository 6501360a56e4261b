using System.Diagnostics;
using KvStore.Platform;

namespace KvStore.Hosting;

/// <summary>
/// A bounded inbox drained by one thread at a time. Posting claims a numbered slot (Vyukov's bounded queue, its multi-producer half),
/// writes the message and publishes it by the slot's number: no lock, no allocation, order per poster. Who drains hands over
/// everything that waits, up to the batch limit, in one call.
/// </summary>
/// <remarks>
/// Whose turn it is. An idle thread spins shortly, says that it parks, and sleeps. A busy lane costs its posters no system call at all.
/// Of those who post to a parked one, the first takes the word back and with it the lane: it handles a batch itself and parks the lane
/// again, its thread asleep all the while, or wakes the thread (ADR 0017). The two full fences (who parks: say, then look again; poster:
/// publish, then look) make it impossible that both miss each other.
/// </remarks>
internal sealed class ThreadLane<TMessage> : ILane<TMessage>, IThreadLane
{
    /// <summary>
    /// About 2 µs (measured). Waking a parked lane costs its poster 5 µs and the message 13 µs, a post to a busy one 0.1 µs: longer
    /// spinning would take the processor from the other lanes of a small machine.
    /// </summary>
    private const int SpinsBeforeParking = 60;

    /// <summary>
    /// Batches of one message in a row that say that there is one poster. With four clients every third batch or so has one message by chance, and running
    /// those on a caller's thread cost 20 % more processor time of a put (measured).
    /// </summary>
    private const int LoneBatchesMin = 16;

    private readonly Slot[] _slots;
    private readonly int _mask;
    private readonly int _capacity;
    private readonly TMessage[] _batch;
    private readonly ILaneHandler<TMessage> _handler;
    private readonly LaneRunner _runner;
    private readonly long _briefRun;
    private readonly Action<string, Exception> _onFatal;
    private readonly LaneWake _wake = new();
    private readonly Thread _thread;

    private LanePositions _at;
    private long _lastRun;
    private int _loneBatches;
    private volatile bool _stopping;
    private volatile bool _isBroken;

    public ThreadLane(string name, int capacity, int batchMax, ILaneHandler<TMessage> handler, LaneRunner runner, TimeSpan briefRun, Action<string, Exception> onFatal)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchMax);
        var slots = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(capacity, 2));
        _slots = new Slot[slots];
        for (var i = 0; i < slots; i++)
            _slots[i].Turn = i;
        _mask = slots - 1;
        _capacity = capacity;
        _batch = new TMessage[Math.Min(batchMax, slots)];
        _handler = handler;
        _runner = runner;
        _briefRun = (long)(briefRun.TotalSeconds * Stopwatch.Frequency);
        _onFatal = onFatal;
        _thread = new Thread(Run) { Name = name, IsBackground = true };
    }

    public bool TryPost(TMessage message, Poster poster)
    {
        while (!_stopping)
        {
            var position = Volatile.Read(ref _at.Tail);
            if (position - Volatile.Read(ref _at.Head) >= _capacity)
                return false;
            ref var slot = ref _slots[(int)position & _mask];
            if (Volatile.Read(ref slot.Turn) != position || Interlocked.CompareExchange(ref _at.Tail, position + 1, position) != position)
                continue;
            slot.Message = message;
            Volatile.Write(ref slot.Turn, position + 1);
            if (TryTakeFromParked())
                RunOrWake(poster);
            return true;
        }

        return false;
    }

    public void Start() => _thread.Start();

    public void BeginStop()
    {
        _stopping = true;
        if (TryTakeFromParked())
            Wake();
    }

    public void Dispose()
    {
        if (_thread.IsAlive && _thread != Thread.CurrentThread)
            _thread.Join();
    }

    public void Wake() => _wake.Set();

    public void RunHere()
    {
        try
        {
            HandleBatch();
        }
        catch (Exception exception)
        {
            Break(exception);
            Wake();
            return;
        }

        Interlocked.Exchange(ref _at.Parking, 1);
        // As in WaitForMessages; what has come meanwhile is the thread's.
        if ((HasNext || _stopping) && Interlocked.Exchange(ref _at.Parking, 0) != 0)
            Wake();
    }

    /// <summary>Whether the lane's thread is parked and is now the caller's to run or to wake.</summary>
    private bool TryTakeFromParked()
    {
        Interlocked.MemoryBarrier();
        return _at.Parking != 0 && Interlocked.Exchange(ref _at.Parking, 0) != 0;
    }

    private void RunOrWake(Poster poster)
    {
        if (_lastRun > _briefRun || (_runner == LaneRunner.LoneCallers && _loneBatches < LoneBatchesMin) || !LaneRuns.OfThisThread.TryAdd(this, _runner, poster))
            Wake();
    }

    private void Run()
    {
        var runs = LaneRuns.OfThisThread;
        runs.BelongTo(this);
        try
        {
            while (!_isBroken)
            {
                if (HandleBatch())
                    runs.RunTaken(this);
                else if (_stopping && IsEmpty)
                    return;
                else
                    WaitForMessages();
            }
        }
        catch (Exception exception)
        {
            Break(exception);
        }
    }

    private bool HandleBatch()
    {
        var count = Take();
        if (count == 0)
            return false;
        var begin = Stopwatch.GetTimestamp();
        _handler.Handle(_batch.AsSpan(0, count));
        _lastRun = Stopwatch.GetTimestamp() - begin;
        _loneBatches = count == 1 ? _loneBatches + 1 : 0;
        // The inbox must not keep alive what was handled.
        _batch.AsSpan(0, count).Clear();
        return true;
    }

    private void Break(Exception exception)
    {
        _isBroken = true;
        _stopping = true;
        _onFatal(_thread.Name!, exception);
    }

    private bool IsEmpty => Volatile.Read(ref _at.Tail) == _at.Head;

    private int Take()
    {
        var head = _at.Head;
        var count = 0;
        while (count < _batch.Length)
        {
            ref var slot = ref _slots[(int)head & _mask];
            if (Volatile.Read(ref slot.Turn) != head + 1)
                break;
            _batch[count++] = slot.Message;
            slot.Message = default!;
            Volatile.Write(ref slot.Turn, head + _slots.Length);
            head++;
        }

        Volatile.Write(ref _at.Head, head);
        return count;
    }

    private void WaitForMessages()
    {
        for (var i = 0; i < SpinsBeforeParking; i++)
        {
            if (HasNext)
                return;
            Thread.SpinWait(1);
        }

        Interlocked.Exchange(ref _at.Parking, 1);
        // Whoever publishes after this line sees that we park; whoever published before it is seen here.
        if ((HasNext || _stopping) && Interlocked.Exchange(ref _at.Parking, 0) != 0)
            return;
        _wake.Wait();
    }

    public bool HasNext => Volatile.Read(ref _slots[(int)_at.Head & _mask].Turn) == _at.Head + 1;

    public bool PostsLast => _handler.PostsLast;

    private struct Slot
    {
        /// <summary>Its position when free for that post, position + 1 when the message is there.</summary>
        public long Turn;

        public TMessage Message;
    }
}
