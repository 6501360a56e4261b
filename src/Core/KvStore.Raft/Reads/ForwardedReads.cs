using KvStore.Primitives;

namespace KvStore.Raft;

/// <summary>
/// A follower's reads: those that came together are one question to the leader. An answer to a question answers all before it
/// too, because its index was taken later.
/// </summary>
internal sealed class ForwardedReads(RaftOptions options, ulong epoch)
{
    private readonly Queue<Question> _asked = new();
    private List<ulong> _waiting = [];
    private ulong _lastSequence;
    private int _ticksSinceAsked;

    public int Count { get; private set; }

    public bool TryAdd(ulong context)
    {
        if (Count >= options.PendingReadsMax)
            return false;
        _waiting.Add(context);
        Count++;
        return true;
    }

    /// <summary>The question to send now, if reads came since the last one.</summary>
    public bool TryAsk(out ReadToken token)
    {
        token = default;
        if (_waiting.Count == 0)
            return false;
        _asked.Enqueue(new Question(++_lastSequence, _waiting));
        _waiting = [];
        _ticksSinceAsked = 0;
        token = new ReadToken(epoch, _lastSequence);
        return true;
    }

    /// <summary>A question or its answer may have been lost: the latest question stands for all (R5).</summary>
    public bool TryAskAgain(out ReadToken token)
    {
        token = new ReadToken(epoch, _lastSequence);
        if (_asked.Count == 0 || ++_ticksSinceAsked < options.ReadRetryTicks)
            return false;
        _ticksSinceAsked = 0;
        return true;
    }

    public void Answered(ReadToken token, LogIndex index, List<ReadState> answers)
    {
        // Another epoch is an answer to an earlier life of this member, whose numbers start again.
        if (token.Epoch != epoch || token.Sequence > _lastSequence)
            return;
        while (_asked.TryPeek(out var question) && question.Sequence <= token.Sequence)
        {
            _asked.Dequeue();
            Count -= question.Contexts.Count;
            foreach (var context in question.Contexts)
                answers.Add(new ReadState(context, index));
        }
    }

    public void Abandon(List<ulong> refused)
    {
        foreach (var question in _asked)
            refused.AddRange(question.Contexts);
        refused.AddRange(_waiting);
        _asked.Clear();
        _waiting.Clear();
        Count = 0;
    }

    private readonly record struct Question(ulong Sequence, List<ulong> Contexts);
}
