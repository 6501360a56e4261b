using System.Threading.Tasks.Sources;
using KvStore.Primitives;
using KvStore.StateMachine;

namespace KvStore.Api.Calls;

/// <summary>
/// A call that waits for its reply. Reused: one at a time owns it, from its entry into the table until its result is taken. Only
/// who removes it from the table completes it, so it completes once.
/// </summary>
internal sealed class PendingCall(PendingCalls table) : IValueTaskSource<Reply>
{
    // Continuations run on the pool: a lane that completes a call must not run the caller's code.
    private ManualResetValueTaskSourceCore<Reply> _source = new() { RunContinuationsAsynchronously = true };

    public RequestId Request { get; private set; }

    /// <summary>Timestamp after which the table ends the waiting.</summary>
    public long Deadline { get; private set; }

    public long Started { get; private set; }

    public ValueTask<Reply> Begin(RequestId request, long started, long deadline)
    {
        Request = request;
        Started = started;
        Deadline = deadline;
        return new ValueTask<Reply>(this, _source.Version);
    }

    public void Complete(in Reply reply) => _source.SetResult(reply);

    public Reply GetResult(short token)
    {
        var reply = _source.GetResult(token);
        _source.Reset();
        table.GiveBack(this);
        return reply;
    }

    public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
