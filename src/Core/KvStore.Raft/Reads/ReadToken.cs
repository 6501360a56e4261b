namespace KvStore.Raft;

/// <summary>
/// Ties an answer to exactly one question. On heartbeats: the leader's term and the number of the round in it. On forwarded
/// reads: a random number drawn at start-up of the asking member and the number of the question.
/// </summary>
public readonly record struct ReadToken(ulong Epoch, ulong Sequence)
{
    public static readonly ReadToken None;

    public bool IsNone => Sequence == 0;
}
