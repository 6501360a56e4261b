using KvStore.Api.Calls;
using KvStore.Api.Security;
using KvStore.Grpc.Server;
using KvStore.Node;
using KvStore.Node.Background;
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

    // A caller with a name of usual length; a longer one only makes the buffer grow.
    private const int CallerBytes = 64;

    private readonly IMember _member;
    private readonly PendingCalls _calls;
    private readonly RequestIds _ids;
    private readonly IPeerCalls _peers;
    private readonly ApiOptions _options;

    public NodeGateway(IMember member, PendingCalls calls, RequestIds ids, IPeerCalls peers, ApiOptions options, CallerSecurity security)
    {
        _member = member;
        _calls = calls;
        _ids = ids;
        _peers = peers;
        _options = options;
        Identity = new CallerIdentity(member, security, ReadAsync);
        calls.TimeoutError = TimeoutError;
    }

    /// <summary>Who the caller of a call is.</summary>
    internal CallerIdentity Identity { get; }

    /// <summary>
    /// Proposes a request in the caller's name, with the bytes the client sent; this is the only copy they see on their way into the log.
    /// </summary>
    public ValueTask<Reply> ProposeAsync(ServerCall call, CommandKind kind, ReadOnlySpan<byte> request)
    {
        if (!Identity.TryIdentify(call, out var identity))
            return ProposeLaterAsync(call, kind, request.ToArray());
        return identity.Error is { } error ? Refused(error) : Propose(call, identity.Caller, kind, request);
    }

    /// <summary>Proposes what no caller's name stands for: what this member wants itself, or what was judged before.</summary>
    /// <param name="call">Whose deadline ends the waiting; null where nobody waits.</param>
    /// <param name="kind">What is asked for.</param>
    /// <param name="request">The encoded request.</param>
    public ValueTask<Reply> ProposeForNobodyAsync(ServerCall? call, CommandKind kind, ReadOnlySpan<byte> request) =>
        Propose(call, Caller.None, kind, request);

    private async ValueTask<Reply> ProposeLaterAsync(ServerCall call, CommandKind kind, byte[] request)
    {
        var identity = await Identity.IdentifyAsync(call).ConfigureAwait(false);
        return identity.Error is { } error
            ? new Reply { Error = error }
            : await Propose(call, identity.Caller, kind, request).ConfigureAwait(false);
    }

    private ValueTask<Reply> Propose(ServerCall? call, in Caller caller, CommandKind kind, ReadOnlySpan<byte> request)
    {
        var id = _ids.Next();
        var command = new ByteWriter(request.Length + CommandHeadBytesMax + (caller.IsNone ? 0 : CallerBytes));
        CommandWriter.Write(command, id, Encode(caller), kind, request);
        if (command.WrittenCount > _options.RequestBytesMax)
            return Refused(EtcdErrors.RequestTooLarge);
        var reply = _calls.Begin(id);
        return Await(call, id, reply, _member.TryPropose(id, command.WrittenMemory));
    }

    private static ReadOnlySpan<byte> Encode(in Caller caller)
    {
        if (caller.IsNone)
            return default;
        var encoded = new ByteWriter(CallerBytes);
        caller.WriteTo(encoded);
        return encoded.WrittenSpan;
    }

    /// <summary>Waits until a view opened afterwards is linearizable.</summary>
    public ValueTask<Reply> ReadAsync(ServerCall? call)
    {
        var id = _ids.Next();
        var reply = _calls.Begin(id);
        return Await(call, id, reply, _member.TryRead(id));
    }

    public ValueTask<Reply> KeepAliveAsync(LeaseId lease, Caller caller)
    {
        var id = _ids.Next();
        var reply = _calls.Begin(id);
        return Await(null, id, reply, _member.TryKeepAlive(id, lease, caller));
    }

    public ValueTask<Reply> TimeToLiveAsync(LeaseId lease, bool withKeys, Caller caller)
    {
        var id = _ids.Next();
        var reply = _calls.Begin(id);
        return Await(null, id, reply, _member.TryTimeToLive(id, lease, withKeys, caller));
    }

    public ValueTask<Reply> ListLeasesAsync(ServerCall call, Caller caller)
    {
        var id = _ids.Next();
        var reply = _calls.Begin(id);
        return Await(call, id, reply, _member.TryListLeases(id, caller));
    }

    public ValueTask<Reply> HashKeyValuesAsync(ServerCall? call, Revision at)
    {
        var id = _ids.Next();
        var reply = _calls.Begin(id);
        return Await(call, id, reply, _member.TryHashKeyValues(id, at));
    }

    public ValueTask<Reply> CopyStoreAsync(ServerCall call, StoreCopy copy)
    {
        var id = _ids.Next();
        var reply = _calls.Begin(id);
        return Await(call, id, reply, _member.TryCopyStore(id, copy));
    }

    public ValueTask<Reply> ChangeMembershipAsync(ServerCall? call, MembershipRequest change)
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
