using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using KvStore.Api.Members;
using KvStore.Api.Metrics;
using KvStore.Grpc.Server;
using KvStore.Node;
using KvStore.Node.Bootstrap;
using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.Protocol.Etcd;

namespace KvStore.Api.Cluster;

/// <summary>The Cluster service (contract 3.7). Its headers have revision zero, as etcd's do.</summary>
internal sealed class ClusterService(IMember member, NodeGateway gateway, LearnerPromotion promotion, MembershipProposals proposals, ResponseHeaders headers, ServiceMeasures measures, ApiOptions options)
{
    public void Register(GrpcServiceTable table)
    {
        var methods = RpcReflection.Descriptor.Services.Single(service => service.Name == "Cluster");
        table.Declare(methods);
        table.Unary<MemberListRequest, MemberListResponse>(methods.FindMethodByName("MemberList"), ListAsync);
        Register<MemberAddRequest>(table, methods, "MemberAdd", Add);
        Register<MemberRemoveRequest>(table, methods, "MemberRemove", request => Change(MembershipRequestKind.Remove, request.ID));
        Register<MemberUpdateRequest>(table, methods, "MemberUpdate", request => Change(MembershipRequestKind.Update, request.ID, request.PeerURLs));
        Register<MemberPromoteRequest>(table, methods, "MemberPromote", request => Change(MembershipRequestKind.Promote, request.ID));
    }

    private async ValueTask<MemberListResponse?> ListAsync(ServerCall call, MemberListRequest request)
    {
        if (call.IsRefused(await gateway.Identity.CheckKnownAsync(call).ConfigureAwait(false)))
            return null;
        if (request.Linearizable && call.IsRefused((await gateway.ReadAsync(call).ConfigureAwait(false)).Error))
            return null;
        var response = new MemberListResponse { Header = headers.Message(Revision.Zero) };
        foreach (var info in member.Status.Members)
            response.Members.Add(ClusterProgress.Message(info));
        return response;
    }

    /// <summary>A change; the member answers with the body of the response, as the log left the members.</summary>
    private void Register<TRequest>(GrpcServiceTable table, ServiceDescriptor methods, string name, Func<TRequest, MembershipRequest?> read)
        where TRequest : class, IMessage<TRequest>
    {
        var method = methods.FindMethodByName(name);
        var parser = (MessageParser<TRequest>)method.InputType.Parser;
        table.Unary(method, async (call, bytes, response) =>
        {
            if (!TryParse(parser, bytes, out var request))
            {
                call.Fail(EtcdErrors.MalformedRequest);
                return;
            }

            if (read(request) is not { } change)
            {
                call.Fail(EtcdErrors.MemberBadUrls);
                return;
            }

            if (call.IsRefused(await gateway.Identity.CheckRootAsync(call).ConfigureAwait(false)))
                return;
            var reply = change.Kind == MembershipRequestKind.Promote
                ? await promotion.PromoteAsync(bytes, call.CancellationToken).ConfigureAwait(false)
                : await proposals.ProposeAsync(call, change).ConfigureAwait(false);
            if (change.Kind == MembershipRequestKind.Promote && reply.Error is { } refused)
                measures.OnPromotionRefused(refused);
            if (!call.IsRefused(reply.Error))
                await headers.AnswerAsync(response, Revision.Zero, reply.Body).ConfigureAwait(false);
        });
    }

    /// <summary>Null where the addresses are none.</summary>
    private MembershipRequest? Add(MemberAddRequest request)
    {
        if (!PeerUrls.AreValid(request.PeerURLs))
            return null;
        var id = MemberIdentity.OfAdded(request.PeerURLs, options.Time.GetUtcNow().ToUnixTimeSeconds());
        return Change(request.IsLearner ? MembershipRequestKind.AddLearner : MembershipRequestKind.AddVoter, id.Value, request.PeerURLs);
    }

    private static MembershipRequest Change(MembershipRequestKind kind, ulong id, IReadOnlyList<string>? peerUrls = null) =>
        new() { Kind = kind, Member = new MemberId(id), PeerUrls = peerUrls ?? [] };

    private static bool TryParse<T>(MessageParser<T> parser, ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out T? message)
        where T : class, IMessage<T>
    {
        try
        {
            message = parser.ParseFrom(bytes.Span);
            return true;
        }
        catch (InvalidProtocolBufferException)
        {
            message = null;
            return false;
        }
    }
}
