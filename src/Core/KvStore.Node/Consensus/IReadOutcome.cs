using KvStore.Protocol;

namespace KvStore.Node.Consensus;

/// <summary>What becomes of those who wait. The Consensus lane; in tests a list.</summary>
internal interface IReadOutcome
{
    /// <summary>The member has applied everything that was committed when the wait began.</summary>
    void Confirmed(in ReadWaiter waiter);

    void Failed(in ReadWaiter waiter, EtcdError error);
}
