namespace KvStore.Raft;

/// <summary>One voter's answer.</summary>
internal enum Ballot : byte
{
    Missing = 0,
    Granted = 1,
    Rejected = 2,
}
