using KvStore.Api.Members;
using KvStore.Api.Watch;
using KvStore.Grpc.Server;
using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.Protocol.Etcd;
using KvStore.StateMachine;

namespace KvStore.Api.Lease;

/// <summary>The Lease service (contract 3.6).</summary>
internal sealed class LeaseService(
    IMember member,
    NodeGateway gateway,
    LeaderLeases leader,
    LeaderMonitor leaders,
    QuotaGuard quota,
    ResponseHeaders headers,
    ApiOptions options)
{
    private readonly long _ttlSecondsMin = LeaseRules.TtlSecondsMin(options.ElectionTicks, options.TickInterval);

    public void Register(GrpcServiceTable table)
    {
        var methods = RpcReflection.Descriptor.Services.Single(service => service.Name == "Lease");
        table.Declare(methods);
        table.Unary(methods.FindMethodByName("LeaseGrant"), GrantAsync);
        table.Unary(methods.FindMethodByName("LeaseRevoke"), RevokeAsync);
        table.Duplex<LeaseKeepAliveRequest, LeaseKeepAliveResponse>(methods.FindMethodByName("LeaseKeepAlive"), KeepAliveAsync);
        table.Unary<LeaseTimeToLiveRequest, LeaseTimeToLiveResponse>(methods.FindMethodByName("LeaseTimeToLive"), TimeToLiveAsync);
        table.Unary(methods.FindMethodByName("LeaseLeases"), LeasesAsync);
    }

    private async ValueTask GrantAsync(ServerCall call, ReadOnlyMemory<byte> request, ResponseWriter response)
    {
        if (!LeaseGrantFields.TryRead(request.Span, out var asked))
        {
            call.Fail(EtcdErrors.MalformedRequest);
            return;
        }

        if (call.IsRefused(quota.Check(Quota.LeaseGrantCostBytes) ?? await gateway.Identity.CheckKnownAsync(call).ConfigureAwait(false)))
            return;
        // The time asked for is judged at apply, as by etcd: an alarm refuses the lease before.
        await ProposeAsync(call, CommandKind.LeaseGrant, Resolve(asked), response).ConfigureAwait(false);
    }

    private ReadOnlyMemory<byte> Resolve(in LeaseGrantFields asked)
    {
        // An id is drawn, not counted: it must be new on every member, and a client must not guess another's lease.
        Span<byte> drawn = stackalloc byte[sizeof(ulong)];
        System.Security.Cryptography.RandomNumberGenerator.Fill(drawn);
        var granted = LeaseRules.Resolve(asked, _ttlSecondsMin, BitConverter.ToUInt64(drawn));
        var encoded = new ByteWriter(24);
        encoded.WriteInt64Field(LeaseGrantRequest.TTLFieldNumber, granted.TtlSeconds);
        encoded.WriteInt64Field(LeaseGrantRequest.IDFieldNumber, granted.Lease.Value);
        return encoded.WrittenMemory;
    }

    private async ValueTask RevokeAsync(ServerCall call, ReadOnlyMemory<byte> request, ResponseWriter response)
    {
        if (!call.IsRefused(await gateway.Identity.CheckKnownAsync(call).ConfigureAwait(false)))
            await ProposeAsync(call, CommandKind.LeaseRevoke, request, response).ConfigureAwait(false);
    }

    private async ValueTask ProposeAsync(ServerCall call, CommandKind kind, ReadOnlyMemory<byte> request, ResponseWriter response)
    {
        var reply = await gateway.ProposeAsync(call, kind, request.Span).ConfigureAwait(false);
        if (!call.IsRefused(reply.Error))
            await headers.AnswerAsync(response, reply.Revision, reply.Body).ConfigureAwait(false);
    }

    private async ValueTask KeepAliveAsync(
        ServerCall call, TypedRequests<LeaseKeepAliveRequest> requests, TypedResponses<LeaseKeepAliveResponse> responses)
    {
        using var ending = leaders.Link(call, out var leaderLost);
        try
        {
            await KeepAliveAsync(call, requests, responses, ending.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (leaderLost.IsCancellationRequested)
        {
            call.Fail(EtcdErrors.NoLeader);
        }
    }

    private async ValueTask KeepAliveAsync(
        ServerCall call,
        TypedRequests<LeaseKeepAliveRequest> requests,
        TypedResponses<LeaseKeepAliveResponse> responses,
        CancellationToken cancellationToken)
    {
        while (await requests.ReadAsync(cancellationToken).ConfigureAwait(false) is { } request)
        {
            // The revision of before the renewal: what the client reads at it, the lease still protects.
            var header = headers.Current();
            // Asked anew each time: a token may end while its stream goes on.
            var identity = await gateway.Identity.IdentifyAsync(call).ConfigureAwait(false);
            if (call.IsRefused(identity.CheckKnown()))
                return;
            var reply = await leader.KeepAliveAsync(request, identity.Caller, cancellationToken).ConfigureAwait(false);
            if (call.IsRefused(reply.Error))
                return;
            var response = LeaseKeepAliveResponse.Parser.ParseFrom(reply.Body.Span);
            response.Header = header;
            response.ID = request.ID;
            await responses.WriteAsync(response).ConfigureAwait(false);
        }
    }

    private async ValueTask<LeaseTimeToLiveResponse?> TimeToLiveAsync(ServerCall call, LeaseTimeToLiveRequest request)
    {
        var identity = await gateway.Identity.IdentifyAsync(call).ConfigureAwait(false);
        if (call.IsRefused(identity.CheckKnown()))
            return null;
        var reply = await leader.TimeToLiveAsync(request, identity.Caller, call.CancellationToken).ConfigureAwait(false);
        if (call.IsRefused(reply.Error))
            return null;
        var response = LeaseTimeToLiveResponse.Parser.ParseFrom(reply.Body.Span);
        response.Header = headers.Current();
        response.ID = request.ID;
        return response;
    }

    private async ValueTask LeasesAsync(ServerCall call, ReadOnlyMemory<byte> request, ResponseWriter response)
    {
        var identity = await gateway.Identity.IdentifyAsync(call).ConfigureAwait(false);
        if (call.IsRefused(identity.CheckKnown()))
            return;
        var reply = await gateway.ListLeasesAsync(call, identity.Caller).ConfigureAwait(false);
        if (call.IsRefused(reply.Error))
            return;
        using var view = member.OpenView();
        await headers.AnswerAsync(response, view.Current, reply.Body).ConfigureAwait(false);
    }
}
