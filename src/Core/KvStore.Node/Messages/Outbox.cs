using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Node.Messages;

/// <summary>
/// What a lane sends to another one. A refused message waits here and goes first at the next <see cref="Flush"/>, so that a full
/// inbox delays and never loses or reorders. The producer's own limits bound what can wait. Owned by the sending lane.
/// </summary>
internal sealed class Outbox<TMessage>
{
    private readonly Queue<TMessage> _waiting = new();
    private ILane<TMessage>? _lane;

    public int Waiting => _waiting.Count;

    /// <summary>Once, before the lanes start: lanes that send to each other cannot all be made first.</summary>
    public void Attach(ILane<TMessage> lane) => _lane = lane;

    public void Post(TMessage message)
    {
        Check.That(_lane is not null, "a lane is attached before it is posted to");
        if (_waiting.Count > 0 || !_lane.TryPost(message))
            _waiting.Enqueue(message);
    }

    /// <summary>Posts a message that may be dropped: it never waits, and never overtakes one that does.</summary>
    public bool TryPost(TMessage message) => _waiting.Count == 0 && _lane!.TryPost(message);

    /// <summary>Posts what waits, until the lane refuses again.</summary>
    public void Flush()
    {
        while (_waiting.TryPeek(out var message) && _lane!.TryPost(message))
            _waiting.Dequeue();
    }
}
