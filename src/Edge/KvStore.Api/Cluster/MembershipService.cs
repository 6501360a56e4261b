using KvStore.Api.Members;
using KvStore.Grpc.Server;
using KvStore.Node;
using KvStore.Node.Bootstrap;
using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.Protocol.Memberships;

namespace KvStore.Api.Cluster;

/// <summary>
/// The service that etcd does not have (ADR 0015): learners that the leader promotes by itself, also in a voter's place, and how far they
/// are. Who may: root, as for the changes of the Cluster service.
/// </summary>
internal sealed class MembershipService(IMember member, NodeGateway gateway, MembershipProposals proposals, ClusterProgress progress, ResponseHeaders headers, ApiOptions options)
{
    public void Register(GrpcServiceTable table)
    {
        var methods = MembershipReflection.Descriptor.Services.Single();
        table.Declare(methods);
        table.Unary<JoinRequest, JoinResponse>(methods.FindMethodByName("Join"), JoinAsync);
        table.Unary<ProgressRequest, ProgressResponse>(methods.FindMethodByName("Progress"), ProgressAsync);
    }

    private async ValueTask<JoinResponse?> JoinAsync(ServerCall call, JoinRequest request)
    {
        if (call.IsRefused(PeerUrls.AreValid(request.PeerUrls) ? null : EtcdErrors.MemberBadUrls))
            return null;
        if (call.IsRefused(await gateway.Identity.CheckRootAsync(call).ConfigureAwait(false)))
            return null;
        // What an earlier try of the same left behind is in the members, once they are up to date.
        if (call.IsRefused((await gateway.ReadAsync(call).ConfigureAwait(false)).Error))
            return null;
        var urls = MemberIdentity.Ordered(request.PeerUrls);
        if (call.IsRefused(Refusal(Owner(urls), request)))
            return null;
        if (Missing(Owner(urls), request, urls) is { } change)
        {
            if (call.IsRefused((await proposals.ProposeAsync(call, change).ConfigureAwait(false)).Error))
                return null;
            // The member publishes a change before it answers a read that began after it.
            if (call.IsRefused((await gateway.ReadAsync(call).ConfigureAwait(false)).Error))
                return null;
        }

        if (Owner(urls) is { } joined)
            return Response(joined);
        call.Fail(EtcdErrors.MemberNotFound);
        return null;
    }

    private async ValueTask<ProgressResponse?> ProgressAsync(ServerCall call, ProgressRequest request)
    {
        if (call.IsRefused(await gateway.Identity.CheckRootAsync(call).ConfigureAwait(false)))
            return null;
        var reply = await progress.AskAsync(call.CancellationToken).ConfigureAwait(false);
        if (call.IsRefused(reply.Error))
            return null;
        var response = ProgressResponse.Parser.ParseFrom(reply.Body.Span);
        response.Header = headers.Message(Revision.Zero);
        return response;
    }

    /// <summary>The member that has exactly these addresses; one that shares only some is refused when the change is applied.</summary>
    private MemberInfo? Owner(IReadOnlyList<string> urls) =>
        member.Status.Members.FirstOrDefault(info => info.PeerUrls.SequenceEqual(urls, StringComparer.Ordinal));

    private static EtcdError? Refusal(MemberInfo? owner, JoinRequest request)
    {
        if (owner is null || owner.IsLearner)
            return null;
        if (request.Replaces == 0)
            return EtcdErrors.PeerUrlExists;
        return owner.Replaces.Value == request.Replaces ? null : MembershipErrors.UrlsOfAnother;
    }

    /// <summary>What is still to be asked for, or null: the learner is there and as it should be, or has finished.</summary>
    private MembershipRequest? Missing(MemberInfo? owner, JoinRequest request, IReadOnlyList<string> urls)
    {
        if (owner is { IsLearner: false } || (owner is { AutoPromote: true } && owner.Replaces.Value == request.Replaces))
            return null;
        return new MembershipRequest
        {
            Kind = owner is null ? MembershipRequestKind.AddLearner : MembershipRequestKind.Adopt,
            Member = owner?.Id ?? MemberIdentity.OfAdded(urls, options.Time.GetUtcNow().ToUnixTimeSeconds()),
            PeerUrls = owner is null ? urls : [],
            AutoPromote = true,
            Replaces = new MemberId(request.Replaces),
        };
    }

    private JoinResponse Response(MemberInfo joined)
    {
        var response = new JoinResponse { Header = headers.Message(Revision.Zero), Member = ClusterProgress.Message(joined) };
        response.Members.AddRange(member.Status.Members.Select(ClusterProgress.Message));
        return response;
    }
}
