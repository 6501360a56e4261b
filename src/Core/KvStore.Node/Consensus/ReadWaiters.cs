using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.Raft;

namespace KvStore.Node.Consensus;

/// <summary>
/// Linearizable reads on their way: those not asked for yet, those whose round is out, and those that know their index and wait
/// for the member to apply it. All that came while one question to raft was out share the next one.
/// </summary>
/// <remarks>
/// A context is never used twice by this process, and the first one is drawn at random, so that no late answer, to an earlier
/// round or to an earlier life of the member, confirms a later read (R2). Owned by the Consensus lane.
/// </remarks>
internal sealed class ReadWaiters(NodeOptions options, Prng prng, IReadOutcome outcome)
{
    private readonly NodeOptions _options = options;
    private readonly IReadOutcome _outcome = outcome;
    private readonly Dictionary<ulong, List<ReadWaiter>> _rounds = [];
    private readonly Queue<(LogIndex Index, List<ReadWaiter> Round)> _confirmed = new();
    private readonly Stack<List<ReadWaiter>> _spare = new();
    private readonly List<ulong> _over = [];
    private List<ReadWaiter> _unasked = [];
    private ulong _context = prng.NextUInt64();
    private Instant _askAgain;
    private Instant _askedAt;

    public int Count { get; private set; }

    public bool TryAdd(in ReadWaiter waiter)
    {
        if (Count >= _options.WaitingReadsMax)
            return false;
        _unasked.Add(waiter);
        Count++;
        return true;
    }

    /// <summary>
    /// Asks once for all who wait; false when there is nothing to ask now. Without a leader they go on waiting; the question is
    /// repeated when one is known, or from time to time.
    /// </summary>
    public bool TryAsk(RaftCore raft, Instant now)
    {
        // A question may have been lost on its way: the next tick's does not wait for its answer.
        var mayAsk = _rounds.Count < _options.ReadQuestionsMax || now > _askedAt;
        if (_unasked.Count == 0 || now < _askAgain || !mayAsk)
            return false;
        if (!raft.RequestRead(++_context))
        {
            _askAgain = now + _options.ReadRetryInterval;
            return false;
        }

        _askedAt = now;
        _rounds.Add(_context, _unasked);
        _unasked = Spare();
        return true;
    }

    /// <summary>A leader is known (again): no need to wait for the next repetition.</summary>
    public void AskSoon() => _askAgain = default;

    public void OnReadState(in ReadState state, LogIndex applied)
    {
        if (!_rounds.Remove(state.Context, out var round))
            return;
        if (state.Index <= applied && _confirmed.Count == 0)
            Confirm(round);
        else
            _confirmed.Enqueue((state.Index, round));
    }

    /// <summary>Raft will not answer: the leader changed.</summary>
    public void OnRefused(ulong context)
    {
        if (_rounds.Remove(context, out var round))
            Fail(round, EtcdErrors.LeaderChanged);
    }

    public void OnApplied(LogIndex applied)
    {
        while (_confirmed.TryPeek(out var next) && next.Index <= applied)
            Confirm(_confirmed.Dequeue().Round);
    }

    /// <summary>Ends the waiting of those who have waited for the request timeout.</summary>
    public void Expire(Instant now)
    {
        var before = now - _options.RequestTimeout;
        ExpireUnasked(before);
        foreach (var (context, round) in _rounds)
        {
            // The first of a round has waited longest.
            if (round[0].Since < before)
                _over.Add(context);
        }

        foreach (var context in _over)
        {
            _rounds.Remove(context, out var round);
            Fail(round!, EtcdErrors.Timeout);
        }

        _over.Clear();
    }

    public void FailAll(EtcdError error)
    {
        foreach (var round in _rounds.Values)
            Fail(round, error);
        _rounds.Clear();
        while (_confirmed.TryDequeue(out var next))
            Fail(next.Round, error);
        Fail(_unasked, error);
        _unasked = Spare();
    }

    private void ExpireUnasked(Instant before)
    {
        var expired = 0;
        while (expired < _unasked.Count && _unasked[expired].Since < before)
        {
            _outcome.Failed(_unasked[expired], EtcdErrors.Timeout);
            expired++;
        }

        _unasked.RemoveRange(0, expired);
        Count -= expired;
    }

    private void Confirm(List<ReadWaiter> round)
    {
        foreach (var waiter in round)
            _outcome.Confirmed(waiter);
        Release(round);
    }

    private void Fail(List<ReadWaiter> round, EtcdError error)
    {
        foreach (var waiter in round)
            _outcome.Failed(waiter, error);
        Release(round);
    }

    private void Release(List<ReadWaiter> round)
    {
        Count -= round.Count;
        round.Clear();
        _spare.Push(round);
    }

    private List<ReadWaiter> Spare() => _spare.TryPop(out var list) ? list : [];
}
