using KvStore.Api.Members;
using KvStore.Grpc.Server;
using KvStore.Node;
using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.Protocol.Memberships;
using KvStore.StateMachine;

namespace KvStore.Api.Cluster;

/// <summary>
/// Changes of the membership that any member proposes, and that the strict check judges by who answers the leader. Another member asks
/// the leader that first, and proposes by itself: so it has applied the change when it answers, also when the change removes the leader.
/// </summary>
internal sealed class MembershipProposals(IMember member, NodeGateway gateway, ClusterProgress progress)
{
    /// <summary>The body of the response, or the error. Who may ask was judged before.</summary>
    public async ValueTask<Reply> ProposeAsync(ServerCall call, MembershipRequest change)
    {
        if (!IsJudgedByHealth(change.Kind))
            return await gateway.ChangeMembershipAsync(call, change).ConfigureAwait(false);
        if (member.Status.IsLeader)
        {
            var reply = await gateway.ChangeMembershipAsync(call, change).ConfigureAwait(false);
            // Unless it has lost the lead by then.
            if (reply.Error != EtcdErrors.NotLeader)
                return reply;
        }

        var asked = await progress.AskAsync(call.CancellationToken).ConfigureAwait(false);
        if (asked.Error is { } error)
            return new Reply { Error = error == EtcdErrors.Timeout && change.Kind != MembershipRequestKind.Remove ? EtcdErrors.Unhealthy : error };
        var active = ProgressResponse.Parser.ParseFrom(asked.Body.Span).Members.Where(static one => one.Active).Select(static one => new MemberId(one.Member.ID));
        return await gateway.ChangeMembershipAsync(call, change with { Active = active.ToHashSet() }).ConfigureAwait(false);
    }

    private static bool IsJudgedByHealth(MembershipRequestKind kind) =>
        kind is MembershipRequestKind.AddVoter or MembershipRequestKind.AddLearner or MembershipRequestKind.Remove;
}
