using KvStore.Primitives;
using KvStore.Simulation.World;

namespace KvStore.Simulation.Checks;

/// <summary>
/// What clients asked and heard. Every reply carries the position in the one order of writes at which it is true, so
/// linearizability is two cheap questions: is the value right for that position, and does no call that began after
/// another had ended have an earlier position.
/// </summary>
public sealed class ClientHistory
{
    private readonly SimulatedWorld _world;
    private readonly Dictionary<RequestId, Call> _open = [];
    private readonly Dictionary<int, List<(LogIndex At, ulong Value)>> _writes = [];
    private readonly HashSet<(LogIndex, ulong)> _written = [];
    private ulong _nextRequest;
    private LogIndex _heard;

    public ClientHistory(SimulatedWorld world) => _world = world;

    public long Asked { get; private set; }

    public long Answered { get; private set; }

    public long Refused { get; private set; }

    public int Waiting => _open.Count;

    public RequestId BeginPut(int key, ulong value) => Begin(new Call(true, key, value, _heard));

    public RequestId BeginGet(int key) => Begin(new Call(false, key, 0, _heard));

    /// <summary>The client gave up: the outcome stays unknown.</summary>
    public void Forget(RequestId request) => _open.Remove(request);

    /// <summary>The member said that nothing was done and nothing will be.</summary>
    public void OnRefused(RequestId request)
    {
        if (_open.Remove(request))
            Refused++;
    }

    /// <summary>A committed write, told once per index by whoever applies it first.</summary>
    public void OnWrite(LogIndex index, int key, ulong value)
    {
        if (!_written.Add((index, value)))
            return;
        if (!_writes.TryGetValue(key, out var list))
            _writes[key] = list = [];
        list.Add((index, value));
    }

    public void OnAnswer(RequestId request, LogIndex position, ulong value)
    {
        if (!_open.Remove(request, out var call))
            return;
        Answered++;
        if (position < call.HeardBefore)
            _world.Fail($"request {request} is answered as of {position}, but before it was asked somebody had heard of {call.HeardBefore}");
        var expected = call.IsPut ? call.Value : ValueAt(call.Key, position);
        if (value != expected)
            _world.Fail($"request {request} on key {call.Key} is answered with {value} as of {position}; the history says {expected}");
        _heard = LogIndex.Max(_heard, position);
    }

    private RequestId Begin(Call call)
    {
        Asked++;
        var request = new RequestId(++_nextRequest);
        _open[request] = call;
        return request;
    }

    private ulong ValueAt(int key, LogIndex position)
    {
        var value = 0UL;
        if (_writes.TryGetValue(key, out var list))
        {
            var latest = LogIndex.Zero;
            foreach (var (at, written) in list)
            {
                if (at <= position && at > latest)
                    (latest, value) = (at, written);
            }
        }

        return value;
    }

    private readonly record struct Call(bool IsPut, int Key, ulong Value, LogIndex HeardBefore);
}
