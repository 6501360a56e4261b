using KvStore.Api.Members;
using KvStore.Node;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;
using KvStore.StateMachine;

namespace KvStore.Api.Cluster;

/// <summary>Promotion of a learner: only the leader knows how far the learner is, so other members ask it.</summary>
internal sealed class LearnerPromotion(NodeGateway gateway, LeaderCalls leader)
{
    public const string Method = "member/promote";

    /// <summary>The body of a MemberPromoteResponse, or the error. Who may ask was judged before.</summary>
    public ValueTask<Reply> PromoteAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken) =>
        leader.AskAsync(Method, request, AnswerAsync, cancellationToken);

    /// <summary>Answers here, as the leader; on another member with "not leader".</summary>
    public ValueTask<Reply> AnswerAsync(string method, ReadOnlyMemory<byte> request) => gateway.ChangeMembershipAsync(call: null, new MembershipRequest
    {
        Kind = MembershipRequestKind.Promote,
        Member = new MemberId(MemberPromoteRequest.Parser.ParseFrom(request.Span).ID),
        PeerUrls = [],
    });
}
