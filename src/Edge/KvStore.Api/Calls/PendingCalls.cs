using System.Collections.Concurrent;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.StateMachine;

namespace KvStore.Api.Calls;

/// <summary>
/// The calls that wait for this member's lanes, by request id. The first to take a call out of the table completes it: a reply,
/// its caller's leaving, or the server's time limit; the others find nothing.
/// </summary>
public sealed class PendingCalls : IReplies<Reply>, IDisposable
{
    // Ids count up, so calls that begin together lie in different stripes and different locks.
    private const int Stripes = 64;

    private readonly Stripe[] _stripes = new Stripe[Stripes];
    private readonly ConcurrentBag<PendingCall> _spare = [];
    private readonly ApiOptions _options;
    private readonly ITimer _sweep;
    private readonly List<PendingCall> _expired = [];
    private int _spareCount;
    private int _isSweeping;

    public PendingCalls(ApiOptions options)
    {
        _options = options;
        for (var i = 0; i < Stripes; i++)
            _stripes[i] = new Stripe();
        _sweep = options.Time.CreateTimer(static table => ((PendingCalls)table!).Expire(), this, options.SweepInterval, options.SweepInterval);
    }

    /// <summary>What a call is told whose reply did not come in time; by when it began. Set once, before the first call.</summary>
    public Func<long, EtcdError> TimeoutError { get; set; } = static _ => EtcdErrors.Timeout;

    public int Count => _stripes.Sum(stripe => stripe.Count);

    /// <summary>Begins to wait. Comes before the request is handed to the member, or the reply might find nobody.</summary>
    public ValueTask<Reply> Begin(RequestId request)
    {
        var call = _spare.TryTake(out var spare) ? Taken(spare) : new PendingCall(this);
        var now = _options.Time.GetTimestamp();
        var limit = (_options.RequestTimeout + _options.TimeoutSlack).TotalSeconds;
        var task = call.Begin(request, now, now + (long)(limit * _options.Time.TimestampFrequency));
        StripeOf(request).Add(call);
        return task;
    }

    public void Complete(RequestId request, in Reply reply)
    {
        if (StripeOf(request).TryRemove(request, out var call))
            call.Complete(reply);
    }

    /// <summary>Whether anybody would take the reply; the state machine gathers no answer for others (ApplierOptions.IsAwaitedHere).</summary>
    public bool IsAwaited(RequestId request) => StripeOf(request).Contains(request);

    public void Fail(RequestId request, EtcdError error) => Complete(request, new Reply { Request = request, Error = error });

    public void Dispose() => _sweep.Dispose();

    internal void GiveBack(PendingCall call)
    {
        if (Interlocked.Increment(ref _spareCount) <= _options.PooledCallsMax)
            _spare.Add(call);
        else
            Interlocked.Decrement(ref _spareCount);
    }

    private PendingCall Taken(PendingCall call)
    {
        Interlocked.Decrement(ref _spareCount);
        return call;
    }

    private void Expire()
    {
        // One sweep at a time; while a slow one runs, the next passes.
        if (Interlocked.Exchange(ref _isSweeping, 1) != 0)
            return;
        var now = _options.Time.GetTimestamp();
        foreach (var stripe in _stripes)
            stripe.RemoveExpired(now, _expired);
        foreach (var call in _expired)
            call.Complete(new Reply { Request = call.Request, Error = TimeoutError(call.Started) });
        _expired.Clear();
        Volatile.Write(ref _isSweeping, 0);
    }

    private Stripe StripeOf(RequestId request) => _stripes[request.Value % Stripes];

    private sealed class Stripe
    {
        private readonly Lock _lock = new();
        private readonly Dictionary<RequestId, PendingCall> _calls = [];

        public int Count
        {
            get
            {
                lock (_lock)
                    return _calls.Count;
            }
        }

        public void Add(PendingCall call)
        {
            lock (_lock)
                _calls.Add(call.Request, call);
        }

        public bool Contains(RequestId request)
        {
            lock (_lock)
                return _calls.ContainsKey(request);
        }

        public bool TryRemove(RequestId request, [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out PendingCall call)
        {
            lock (_lock)
                return _calls.Remove(request, out call);
        }

        public void RemoveExpired(long now, List<PendingCall> expired)
        {
            lock (_lock)
            {
                var before = expired.Count;
                foreach (var call in _calls.Values)
                {
                    if (call.Deadline <= now)
                        expired.Add(call);
                }

                for (var i = before; i < expired.Count; i++)
                    _calls.Remove(expired[i].Request);
            }
        }
    }
}
