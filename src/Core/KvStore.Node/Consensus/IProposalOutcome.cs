using KvStore.Primitives;
using KvStore.Protocol;

namespace KvStore.Node.Consensus;

/// <summary>Where calls learn that nothing was proposed. The Consensus lane; in tests a list.</summary>
internal interface IProposalOutcome
{
    void Refused(RequestId request, EtcdError error);
}
