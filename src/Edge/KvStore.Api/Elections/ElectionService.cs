using KvStore.Api.Calls;
using KvStore.Api.Locks;
using KvStore.Grpc;
using KvStore.Grpc.Server;
using KvStore.Primitives;
using KvStore.Protocol.Election;
using KvStore.Protocol.Etcd;
using KvStore.Protocol.Mvcc;
using StatusCode = KvStore.Grpc.StatusCode;

namespace KvStore.Api.Elections;

/// <summary>The Election service (contract 3.10): the leader is the first place of a waiting line, its value the proposal.</summary>
internal static class ElectionService
{
    private static readonly GrpcStatus NotLeader = new(StatusCode.Unknown, "election: not leader");
    private static readonly GrpcStatus NoLeader = new(StatusCode.Unknown, "election: no leader");
    private static readonly GrpcStatus MissingLeader = new(StatusCode.Unknown, "\"leader\" field must be provided");

    public static void Register(GrpcServiceTable table)
    {
        var methods = ElectionReflection.Descriptor.Services.Single(service => service.Name == "Election");
        table.Declare(methods);
        table.Unary<CampaignRequest, CampaignResponse>(methods.FindMethodByName("Campaign"), CampaignAsync);
        table.Unary<ProclaimRequest, ProclaimResponse>(methods.FindMethodByName("Proclaim"), ProclaimAsync);
        table.Unary<LeaderRequest, LeaderResponse>(methods.FindMethodByName("Leader"), LeaderAsync);
        table.ServerStreaming<LeaderRequest, LeaderResponse>(methods.FindMethodByName("Observe"), ObserveAsync);
        table.Unary<ResignRequest, ResignResponse>(methods.FindMethodByName("Resign"), ResignAsync);
    }

    private static async ValueTask<CampaignResponse?> CampaignAsync(ServerCall call, CampaignRequest request)
    {
        var line = new WaitingLine(new CallerServices(call), request.Name);
        var lease = await line.LeaseAsync(request.Lease).ConfigureAwait(false);
        var place = await line.EnterAsync(lease, request.Value).ConfigureAwait(false);
        // Who campaigns again with the same lease keeps his place and says something new.
        if (place.Value != request.Value && await line.ChangeAsync(place.Key, place.CreatedAt, request.Value, lease).ConfigureAwait(false) is null)
        {
            call.Fail(NotLeader);
            return null;
        }

        if (await line.UntilFirstAsync(place).ConfigureAwait(false) is null)
        {
            call.Fail(NotLeader);
            return null;
        }

        return new CampaignResponse
        {
            Header = place.Header,
            Leader = new LeaderKey { Name = request.Name, Key = place.Key, Rev = place.CreatedAt.Value, Lease = lease.Value },
        };
    }

    private static async ValueTask<ProclaimResponse?> ProclaimAsync(ServerCall call, ProclaimRequest request)
    {
        if (request.Leader is not { } leader)
        {
            call.Fail(MissingLeader);
            return null;
        }

        var line = new WaitingLine(new CallerServices(call), leader.Name);
        var header = await line.ChangeAsync(leader.Key, new Revision(leader.Rev), request.Value, new LeaseId(leader.Lease)).ConfigureAwait(false);
        if (header is null)
            call.Fail(NotLeader);
        return header is null ? null : new ProclaimResponse { Header = header };
    }

    private static async ValueTask<ResignResponse?> ResignAsync(ServerCall call, ResignRequest request)
    {
        if (request.Leader is not { } leader)
        {
            call.Fail(MissingLeader);
            return null;
        }

        var line = new WaitingLine(new CallerServices(call), leader.Name);
        return new ResignResponse { Header = await line.LeaveAsync(leader.Key, new Revision(leader.Rev)).ConfigureAwait(false) };
    }

    private static async ValueTask<LeaderResponse?> LeaderAsync(ServerCall call, LeaderRequest request)
    {
        var (first, header) = await new WaitingLine(new CallerServices(call), request.Name).FirstAsync().ConfigureAwait(false);
        if (first is null)
            call.Fail(NoLeader);
        return first is null ? null : new LeaderResponse { Header = header, Kv = first };
    }

    /// <summary>Each leader and each of his proclamations in turn; ends with the call.</summary>
    private static async ValueTask ObserveAsync(ServerCall call, LeaderRequest request, TypedResponses<LeaderResponse> responses)
    {
        var services = new CallerServices(call);
        var line = new WaitingLine(services, request.Name);
        KeyValue? told = null;
        while (true)
        {
            services.Caller.ThrowIfCancellationRequested();
            var (leader, header) = await line.FirstAsync().ConfigureAwait(false);
            if (leader is null)
                (leader, header) = await UntilSomebodyComesAsync(line, header.Revision).ConfigureAwait(false);
            if (leader is null)
                continue;
            // A watch that fell behind a compaction starts over: what was told is not told again.
            if (told is null || told.Key != leader.Key || told.ModRevision < leader.ModRevision)
                await responses.WriteAsync(new LeaderResponse { Header = header, Kv = leader }).ConfigureAwait(false);
            told = await FollowAsync(services, responses, leader, header.Revision).ConfigureAwait(false);
        }
    }

    private static async ValueTask<(KeyValue? Leader, ResponseHeader Header)> UntilSomebodyComesAsync(WaitingLine line, long from)
    {
        await foreach (var answer in line.WatchAllAsync(from).ConfigureAwait(false))
        {
            ThrowIfRefused(answer);
            var put = answer.Events.FirstOrDefault(change => change.Type == Event.Types.EventType.Put);
            if (put is null)
                continue;
            // An answer may hold several revisions; the header is that of the one that counts.
            answer.Header.Revision = put.Kv.ModRevision;
            return (put.Kv, answer.Header);
        }

        return (null, new ResponseHeader());
    }

    /// <summary>Tells what the leader proclaims until he is gone; returns the last thing told.</summary>
    private static async ValueTask<KeyValue> FollowAsync(CallerServices services, TypedResponses<LeaderResponse> responses, KeyValue leader, long seenAt)
    {
        var told = leader;
        await foreach (var answer in services.WatchAsync(new WatchCreateRequest { Key = leader.Key, StartRevision = seenAt + 1 }).ConfigureAwait(false))
        {
            ThrowIfRefused(answer);
            foreach (var change in answer.Events)
            {
                if (change.Type == Event.Types.EventType.Delete)
                    return told;
                await responses.WriteAsync(new LeaderResponse { Header = answer.Header, Kv = change.Kv }).ConfigureAwait(false);
                told = change.Kv;
            }
        }

        return told;
    }

    private static void ThrowIfRefused(WatchResponse answer)
    {
        if (answer is { Canceled: true, CompactRevision: 0 })
            throw new GrpcException(StatusCode.Unknown, answer.CancelReason);
    }
}
