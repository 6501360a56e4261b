using KvStore.Platform;

namespace KvStore.Hosting;

/// <summary>
/// The lanes that this thread took from their parked threads and has yet to run. A lane that is posted to while another one runs
/// comes after it, not within it: no lane waits in the middle of a batch, and the stack stays flat.
/// </summary>
internal sealed class LaneRuns
{
    /// <summary>
    /// A put makes six runs (Consensus, Log, Consensus, Apply, Watch, Consensus). What comes after that is left to the lanes' threads: the poster
    /// has a caller of its own who waits.
    /// </summary>
    private const int RunsMax = 8;

    [ThreadStatic]
    private static LaneRuns? _ofThisThread;

    private readonly Queue<IThreadLane> _taken = new(RunsMax);
    private IThreadLane? _running;
    private Poster _poster;
    private bool _isOfLane;

    public static LaneRuns OfThisThread => _ofThisThread ??= new LaneRuns();

    /// <summary>
    /// Runs the lane now, or after the one that this thread runs already. False when its own thread must do that: nobody else can run a
    /// lane that was taken, so it may not wait for what takes long.
    /// </summary>
    public bool TryAdd(IThreadLane lane, LaneRunner runner, Poster poster)
    {
        if (_running is null)
            _poster = poster;
        if (!MayRun(runner) || _running is { PostsLast: false })
            return false;
        _taken.Enqueue(lane);
        if (_running is null)
            RunTaken(null);
        return true;
    }

    /// <summary>From now on this is the thread of the lane: what it takes waits until <see cref="RunTaken"/>.</summary>
    public void BelongTo(IThreadLane lane) => (_running, _isOfLane) = (lane, true);

    /// <summary>Runs what was taken, as long as nothing waits for the lane whose own thread this is.</summary>
    public void RunTaken(IThreadLane? own)
    {
        for (var runs = 0; _taken.TryDequeue(out var lane); runs++)
        {
            if (runs < RunsMax && own is not { HasNext: true })
            {
                _running = lane;
                lane.RunHere();
            }
            else
            {
                lane.Wake();
            }
        }

        _running = own;
    }

    private bool MayRun(LaneRunner runner) => runner switch
    {
        LaneRunner.AnyPoster => true,
        LaneRunner.Callers => !_isOfLane,
        LaneRunner.LoneCallers => !_isOfLane && _poster == Poster.Caller,
        _ => false,
    };
}
