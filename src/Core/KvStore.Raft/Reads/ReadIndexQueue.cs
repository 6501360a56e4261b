using KvStore.Primitives;

namespace KvStore.Raft;

/// <summary>
/// The leader's reads (thesis §6.4): waiting, then tied to a heartbeat round together with the commit index of that moment,
/// then answered when a quorum has answered that round or a later one.
/// </summary>
/// <remarks>
/// a round's number is used once per term, and an answer counts only for questions asked before its round was sent. So a
/// late answer to an earlier round, or to an earlier sending of the same question, confirms nothing newer (R2).
/// no round starts before an entry of the leader's term is committed (R1).
/// </remarks>
internal sealed class ReadIndexQueue(RaftOptions options)
{
    private readonly Queue<Round> _rounds = new();
    private readonly Stack<List<ReadRequest>> _spare = new();
    private List<ReadRequest> _waiting = [];

    /// <summary>Questions that were not answered yet.</summary>
    public int Count { get; private set; }

    public int RoundCount => _rounds.Count;

    /// <summary>The number of the last heartbeat round of this term.</summary>
    public ulong LatestRound { get; private set; }

    public bool TryAdd(in ReadRequest request)
    {
        if (Count >= options.PendingReadsMax)
            return false;
        _waiting.Add(request);
        Count++;
        return true;
    }

    /// <summary>Every sending of heartbeats is a round of its own.</summary>
    public ulong NextRound() => ++LatestRound;

    /// <summary>True when waiting reads were tied to the next round: heartbeats must be sent now.</summary>
    public bool TryStartRound(LogIndex committed)
    {
        if (_waiting.Count == 0 || _rounds.Count >= options.ReadRoundsMax)
            return false;
        _rounds.Enqueue(new Round(LatestRound + 1, committed, _waiting));
        _waiting = _spare.TryPop(out var spare) ? spare : [];
        return true;
    }

    /// <summary>Takes the questions of one round that a quorum has confirmed; give the list back with <see cref="Recycle"/>.</summary>
    public bool TryTakeConfirmed(ulong quorumRound, out LogIndex index, out List<ReadRequest> requests)
    {
        if (!_rounds.TryPeek(out var round) || round.Number > quorumRound)
        {
            index = default;
            requests = [];
            return false;
        }

        _rounds.Dequeue();
        Count -= round.Requests.Count;
        index = round.Index;
        requests = round.Requests;
        return true;
    }

    public void Recycle(List<ReadRequest> requests)
    {
        requests.Clear();
        _spare.Push(requests);
    }

    /// <summary>Leadership is over: hands every local question to the caller and forgets all.</summary>
    public void Abandon(List<ulong> refused)
    {
        foreach (var round in _rounds)
            Refuse(round.Requests, refused);
        Refuse(_waiting, refused);
        _rounds.Clear();
        _waiting.Clear();
        Count = 0;
        LatestRound = 0;
    }

    private static void Refuse(List<ReadRequest> requests, List<ulong> refused)
    {
        foreach (var request in requests)
        {
            if (request.From.IsNone)
                refused.Add(request.Context);
        }
    }

    private readonly record struct Round(ulong Number, LogIndex Index, List<ReadRequest> Requests);
}
