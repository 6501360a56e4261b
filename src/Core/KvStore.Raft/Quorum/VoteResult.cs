namespace KvStore.Raft;

internal enum VoteResult
{
    Pending = 0,
    Won = 1,
    Lost = 2,
}
