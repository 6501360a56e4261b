namespace KvStore.Hosting;

/// <summary>
/// The lanes that this thread took from their parked threads and has yet to run. A lane that is posted to while another one runs
/// comes after it, not within it: no lane waits in the middle of a batch, and the stack stays flat.
/// </summary>
internal sealed class LaneRuns
{
    /// <summary>
    /// A put makes up to five runs (Consensus, Apply, Watch, Consensus again, one to spare). What comes after that is left to the lanes' threads: the poster
    /// has a caller of its own who waits.
    /// </summary>
    private const int RunsMax = 8;

    [ThreadStatic]
    private static LaneRuns? _ofThisThread;

    private readonly Queue<IThreadLane> _taken = new(RunsMax);
    private bool _isRunning;

    public static LaneRuns OfThisThread => _ofThisThread ??= new LaneRuns();

    /// <summary>
    /// Whether lanes that are taken during a batch may wait for its end. Not where the rest of the batch may take long: nobody else can
    /// run a lane that was taken.
    /// </summary>
    public bool Defers { get; set; } = true;

    /// <summary>Runs the lane now, or after the one that this thread runs already.</summary>
    public void Add(IThreadLane lane)
    {
        if (_isRunning && !Defers)
        {
            lane.Wake();
            return;
        }

        _taken.Enqueue(lane);
        if (_isRunning)
            return;
        _isRunning = true;
        RunTaken(null);
        _isRunning = false;
    }

    /// <summary>From now on this is the thread of a lane: what it takes waits until <see cref="RunTaken"/>.</summary>
    public void BelongToLane() => _isRunning = true;

    /// <summary>Runs what was taken, as long as nothing waits for the lane whose own thread this is.</summary>
    public void RunTaken(IThreadLane? own)
    {
        for (var runs = 0; _taken.TryDequeue(out var lane); runs++)
        {
            if (runs < RunsMax && own is not { HasNext: true })
                lane.RunHere();
            else
                lane.Wake();
        }
    }
}
