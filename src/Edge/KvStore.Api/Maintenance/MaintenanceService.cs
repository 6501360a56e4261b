using KvStore.Api.Members;
using KvStore.Api.Metrics;
using KvStore.Grpc.Server;
using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.Protocol.Etcd;
using KvStore.StateMachine;

namespace KvStore.Api.Maintenance;

/// <summary>The Maintenance service (contract 3.4, 3.8).</summary>
internal sealed class MaintenanceService(IMember member, NodeGateway gateway, QuotaGuard quota, ResponseHeaders headers, ServiceMeasures measures, ApiOptions options)
{
    public void Register(GrpcServiceTable table)
    {
        var methods = RpcReflection.Descriptor.Services.Single(service => service.Name == "Maintenance");
        table.Declare(methods);
        table.Unary<StatusRequest, StatusResponse>(methods.FindMethodByName("Status"), StatusAsync);
        table.Unary(methods.FindMethodByName("Alarm"), AlarmAsync);
        table.Unary<HashRequest, HashResponse>(methods.FindMethodByName("Hash"), HashAsync);
        table.Unary(methods.FindMethodByName("HashKV"), HashKvAsync);
        table.Unary<DefragmentRequest, DefragmentResponse>(methods.FindMethodByName("Defragment"), DefragmentAsync);
        table.ServerStreaming(methods.FindMethodByName("Snapshot"), new SnapshotStream(member, gateway, measures, options).AnswerAsync);
        table.Unary<DowngradeRequest, DowngradeResponse>(methods.FindMethodByName("Downgrade"), new DowngradeCalls(member, gateway, headers).AnswerAsync);
        table.Unary<MoveLeaderRequest, MoveLeaderResponse>(methods.FindMethodByName("MoveLeader"), MoveLeaderAsync);
    }

    private async ValueTask<StatusResponse?> StatusAsync(ServerCall call, StatusRequest request)
    {
        if (call.IsRefused(await gateway.Identity.CheckKnownAsync(call).ConfigureAwait(false)))
            return null;
        var status = member.Status;
        var sizes = member.Sizes;
        var response = new StatusResponse
        {
            Header = headers.Current(),
            Version = options.EtcdVersion,
            // Clients divide by it, and an empty store has files too.
            DbSize = Math.Max(sizes.TotalBytes, 1),
            DbSizeInUse = Math.Max(Math.Min(member.Applied.LiveBytes, sizes.TotalBytes), 1),
            DbSizeQuota = quota.LimitBytes,
            Leader = status.Leader.Value,
            RaftIndex = status.CommitIndex.Value,
            RaftTerm = status.Term.Value,
            RaftAppliedIndex = status.AppliedIndex.Value,
            IsLearner = status.IsLearner,
            StorageVersion = options.StorageVersion,
            DowngradeInfo = new DowngradeInfo { Enabled = status.DowngradeTarget.Length > 0, TargetVersion = status.DowngradeTarget },
        };
        if (!status.HasLeader)
            response.Errors.Add(EtcdErrors.NoLeader.Text);
        // As Go prints an AlarmMember: a space at its end, and nothing of a member that is 0.
        response.Errors.Add(member.Applied.Alarms.Select(alarm => $"{(alarm.Member.Value == 0 ? "" : $"memberID:{alarm.Member.Value} ")}alarm:{AlarmNames.Of(alarm.Kind)} "));
        return response;
    }

    private async ValueTask AlarmAsync(ServerCall call, ReadOnlyMemory<byte> bytes, ResponseWriter response)
    {
        AlarmRequest request;
        try
        {
            request = AlarmRequest.Parser.ParseFrom(bytes.Span);
        }
        catch (Google.Protobuf.InvalidProtocolBufferException)
        {
            call.Fail(EtcdErrors.MalformedRequest);
            return;
        }

        // Who raises an alarm stops the writes of all; who asks for them learns what Status says, too.
        var identity = await gateway.Identity.IdentifyAsync(call).ConfigureAwait(false);
        var refused = request.Action == AlarmRequest.Types.AlarmAction.Get ? identity.CheckKnown() : identity.CheckRoot();
        if (call.IsRefused(refused ?? RequestValidator.CheckAlarmAction((int)request.Action) ?? RequestValidator.CheckAlarmKind((int)request.Alarm)))
            return;
        var reply = await gateway.ProposeAsync(call, CommandKind.Alarm, bytes.Span).ConfigureAwait(false);
        if (!call.IsRefused(reply.Error))
            await headers.AnswerAsync(response, reply.Revision, reply.Body).ConfigureAwait(false);
    }

    /// <summary>Over this member's key space: etcd hashes its file, which no other engine has (contract 3.4).</summary>
    private async ValueTask<HashResponse?> HashAsync(ServerCall call, HashRequest request)
    {
        if (call.IsRefused(await gateway.Identity.CheckRootAsync(call).ConfigureAwait(false)))
            return null;
        var started = options.Time.GetTimestamp();
        var reply = await gateway.HashKeyValuesAsync(call, Revision.Zero).ConfigureAwait(false);
        if (call.IsRefused(reply.Error))
            return null;
        measures.Hash.Observe(options.Time.GetElapsedTime(started));
        var hash = HashKVResponse.Parser.ParseFrom(reply.Body.Span).Hash;
        return new HashResponse { Header = headers.Message(reply.Revision), Hash = hash };
    }

    private async ValueTask HashKvAsync(ServerCall call, ReadOnlyMemory<byte> bytes, ResponseWriter response)
    {
        if (call.IsRefused(await gateway.Identity.CheckRootAsync(call).ConfigureAwait(false)))
            return;
        HashKVRequest request;
        try
        {
            request = HashKVRequest.Parser.ParseFrom(bytes.Span);
        }
        catch (Google.Protobuf.InvalidProtocolBufferException)
        {
            call.Fail(EtcdErrors.MalformedRequest);
            return;
        }

        var started = options.Time.GetTimestamp();
        var reply = await gateway.HashKeyValuesAsync(call, new Revision(request.Revision)).ConfigureAwait(false);
        if (call.IsRefused(reply.Error))
            return;
        measures.HashOfRevision.Observe(options.Time.GetElapsedTime(started));
        await headers.AnswerAsync(response, reply.Revision, reply.Body).ConfigureAwait(false);
    }

    /// <summary>Space is reclaimed all the time; there is nothing to stop the world for.</summary>
    private async ValueTask<DefragmentResponse?> DefragmentAsync(ServerCall call, DefragmentRequest request)
    {
        var started = options.Time.GetTimestamp();
        measures.BeginDefragment();
        var refused = await gateway.Identity.CheckRootAsync(call).ConfigureAwait(false);
        measures.EndDefragment(options.Time.GetElapsedTime(started));
        return call.IsRefused(refused) ? null : new DefragmentResponse();
    }

    private async ValueTask<MoveLeaderResponse?> MoveLeaderAsync(ServerCall call, MoveLeaderRequest request)
    {
        if (call.IsRefused(await gateway.Identity.CheckRootAsync(call).ConfigureAwait(false)))
            return null;
        if (!member.Status.IsLeader)
        {
            call.Fail(EtcdErrors.NotLeader);
            return null;
        }

        var reply = await gateway.TransferLeadershipAsync(call, new MemberId(request.TargetID)).ConfigureAwait(false);
        return call.IsRefused(reply.Error) ? null : new MoveLeaderResponse();
    }
}
