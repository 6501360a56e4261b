using KvStore.Api.Calls;
using KvStore.Grpc.Server;
using KvStore.Node;
using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.StateMachine;

namespace KvStore.Api.Members;

/// <summary>
/// The way from a call to the member and back. The caller's deadline ends only the waiting, never what was asked for: an answer
/// other than a definite refusal leaves open whether the request took effect (R16).
/// </summary>
public sealed class NodeGateway
{
    // Request id, and the tag and length of the operation.
    private const int CommandHeadBytesMax = 1 + Wire.VarintBytesMax + 2 + Wire.VarintBytesMax;

    private readonly IMember _member;
    private readonly PendingCalls _calls;
    private readonly RequestIds _ids;
    private readonly IPeerCalls _peers;
    private readonly ApiOptions _options;

    public NodeGateway(IMember member, PendingCalls calls, RequestIds ids, IPeerCalls peers, ApiOptions options)
    {
        _member = member;
        _calls = calls;
        _ids = ids;
        _peers = peers;
        _options = options;
        calls.TimeoutError = TimeoutError;
    }

    /// <summary>Proposes a request with the bytes the client sent; this is the only copy they see on their way into the log.</summary>
    public ValueTask<Reply> ProposeAsync(ServerCall? call, CommandKind kind, ReadOnlySpan<byte> request)
    {
        var id = _ids.Next();
        var command = new ByteWriter(request.Length + CommandHeadBytesMax);
        CommandWriter.Write(command, id, caller: default, kind, request);
        if (command.WrittenCount > _options.RequestBytesMax)
            return Refused(EtcdErrors.RequestTooLarge);
        var reply = _calls.Begin(id);
        return Await(call, id, reply, _member.TryPropose(id, command.WrittenMemory));
    }

    /// <summary>Waits until a view opened afterwards is linearizable.</summary>
    public ValueTask<Reply> ReadAsync(ServerCall? call)
    {
        var id = _ids.Next();
        var reply = _calls.Begin(id);
        return Await(call, id, reply, _member.TryRead(id));
    }

    public ValueTask<Reply> KeepAliveAsync(LeaseId lease)
    {
        var id = _ids.Next();
        var reply = _calls.Begin(id);
        return Await(null, id, reply, _member.TryKeepAlive(id, lease));
    }

    public ValueTask<Reply> TimeToLiveAsync(LeaseId lease, bool withKeys)
    {
        var id = _ids.Next();
        var reply = _calls.Begin(id);
        return Await(null, id, reply, _member.TryTimeToLive(id, lease, withKeys));
    }

    public ValueTask<Reply> ListLeasesAsync(ServerCall call)
    {
        var id = _ids.Next();
        var reply = _calls.Begin(id);
        return Await(call, id, reply, _member.TryListLeases(id));
    }

    public ValueTask<Reply> HashKeyValuesAsync(ServerCall call, Revision at)
    {
        var id = _ids.Next();
        var reply = _calls.Begin(id);
        return Await(call, id, reply, _member.TryHashKeyValues(id, at));
    }

    public ValueTask<Reply> ChangeMembershipAsync(ServerCall call, MembershipRequest change)
    {
        var id = _ids.Next();
        var reply = _calls.Begin(id);
        return Await(call, id, reply, _member.TryChangeMembership(id, change));
    }

    public ValueTask<Reply> TransferLeadershipAsync(ServerCall call, MemberId to)
    {
        var id = _ids.Next();
        var reply = _calls.Begin(id);
        return Await(call, id, reply, _member.TryTransferLeadership(id, to));
    }

    private ValueTask<Reply> Await(ServerCall? call, RequestId id, ValueTask<Reply> reply, bool posted)
    {
        if (!posted)
            _calls.Fail(id, EtcdErrors.TooManyRequests);
        // A caller without a deadline is not watched: if it goes away, the reply comes anyway, or the server's limit does.
        return call?.Timeout is null ? reply : AwaitWithDeadlineAsync(call, id, reply);
    }

    private async ValueTask<Reply> AwaitWithDeadlineAsync(ServerCall call, RequestId id, ValueTask<Reply> reply)
    {
        var registration = call.CancellationToken.UnsafeRegister(
            static state =>
            {
                var (calls, call, id) = ((PendingCalls, ServerCall, RequestId))state!;
                var isExpired = call.RemainingTime == TimeSpan.Zero;
                calls.Fail(id, isExpired ? EtcdErrors.CallerDeadlineExceeded : EtcdErrors.CallerCanceled);
            },
            (_calls, call, id));
        await using (registration.ConfigureAwait(false))
        {
            return await reply.ConfigureAwait(false);
        }
    }

    /// <summary>etcd's choice of text (server.go, parseProposeCtxErr): a leader was lost while the request waited, or a connection.</summary>
    private EtcdError TimeoutError(long started)
    {
        var status = _member.Status;
        var waited = _options.Time.GetElapsedTime(started);
        var begun = _member.Now - waited;
        var leaderLost = status.LeaderSince - (2 * _options.ElectionTimeout);
        if (status.HasLeader && begun > leaderLost && begun < status.LeaderSince)
            return EtcdErrors.TimeoutDueToLeaderFail;
        return IsConnectedSince(status, waited) ? EtcdErrors.Timeout : EtcdErrors.TimeoutDueToConnectionLost;
    }

    /// <summary>To the leader; on the leader, to a majority of the voters.</summary>
    private bool IsConnectedSince(NodeStatus status, TimeSpan waited)
    {
        if (!status.HasLeader)
            return true;
        if (!status.IsLeader)
            return _peers.ConnectedFor(status.Leader) >= waited;
        var voters = status.Members.Where(info => !info.IsLearner).ToList();
        var connected = voters.Count(info => info.Id == status.Self || _peers.ConnectedFor(info.Id) >= waited);
        return connected > voters.Count / 2;
    }

    private static ValueTask<Reply> Refused(EtcdError error) => new(new Reply { Error = error });
}
