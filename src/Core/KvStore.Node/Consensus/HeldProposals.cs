namespace KvStore.Node.Consensus;

/// <summary>
/// Proposals that wait for a leader, in the order in which they came. etcd's callers wait inside the proposal until the request
/// timeout (contract 2.2); here the proposal waits, and its caller with it.
/// </summary>
internal sealed class HeldProposals(int countMax, long bytesMax)
{
    private readonly Queue<HeldProposal> _held = new();
    private long _bytes;

    public int Count => _held.Count;

    public bool TryHold(in HeldProposal proposal)
    {
        if (_held.Count >= countMax || _bytes + proposal.Command.Length > bytesMax)
            return false;
        _held.Enqueue(proposal);
        _bytes += proposal.Command.Length;
        return true;
    }

    public bool TryPeek(out HeldProposal proposal) => _held.TryPeek(out proposal);

    public HeldProposal Take()
    {
        var proposal = _held.Dequeue();
        _bytes -= proposal.Command.Length;
        return proposal;
    }
}
