using Google.Protobuf;
using KvStore.Api.Members;
using KvStore.Grpc;
using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.Protocol.Etcd;
using KvStore.Protocol.Peers;
using KvStore.StateMachine;

namespace KvStore.Api.Lease;

/// <summary>
/// Keep-alives and questions for the remaining time: only the leader knows, so other members ask it. Goes on looking for a leader
/// until the server's time limit; a deposed one never answers by itself (L3, L6).
/// </summary>
internal sealed class LeaderLeases(IMember member, NodeGateway gateway, IPeerCalls peers, ApiOptions options)
{
    public const string KeepAliveMethod = "lease/keepalive";
    public const string TimeToLiveMethod = "lease/timetolive";

    /// <summary>Time between two tries while there is no leader that answers (etcd's number).</summary>
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(50);

    private long _renewals;

    /// <summary>Leases renewed by this member as leader.</summary>
    public long Renewals => Interlocked.Read(ref _renewals);

    /// <summary>The body of a LeaseKeepAliveResponse, or the error.</summary>
    public ValueTask<Reply> KeepAliveAsync(LeaseKeepAliveRequest request, in Caller caller, CancellationToken cancellationToken) =>
        AskAsync(KeepAliveMethod, Question(request.ID, withKeys: false, caller), cancellationToken);

    /// <summary>The body of a LeaseTimeToLiveResponse, or the error.</summary>
    public ValueTask<Reply> TimeToLiveAsync(LeaseTimeToLiveRequest request, in Caller caller, CancellationToken cancellationToken) =>
        AskAsync(TimeToLiveMethod, Question(request.ID, request.Keys, caller), cancellationToken);

    /// <summary>Answers here, as the leader, if the caller may be answered; on another member with "not leader".</summary>
    public ValueTask<Reply> AnswerAsync(string method, ReadOnlyMemory<byte> request)
    {
        var question = LeaseQuestion.Parser.ParseFrom(request.Span);
        var caller = question.Caller is { } known ? new Caller(known.User, new AuthRevision(known.AuthRevision)) : Caller.None;
        return method == KeepAliveMethod
            ? RenewAsync(new LeaseId(question.Lease), caller)
            : gateway.TimeToLiveAsync(new LeaseId(question.Lease), question.Keys, caller);
    }

    private async ValueTask<Reply> RenewAsync(LeaseId lease, Caller caller)
    {
        var reply = await gateway.KeepAliveAsync(lease, caller).ConfigureAwait(false);
        if (reply.Error is null && LeaseKeepAliveResponse.Parser.ParseFrom(reply.Body.Span).TTL > 0)
            Interlocked.Increment(ref _renewals);
        return reply;
    }

    private static byte[] Question(long lease, bool withKeys, in Caller caller)
    {
        var question = new LeaseQuestion { Lease = lease, Keys = withKeys };
        if (!caller.IsNone)
            question.Caller = new Protocol.Commands.Caller { User = caller.User, AuthRevision = caller.Revision.Value };
        return question.ToByteArray();
    }

    private async ValueTask<Reply> AskAsync(string method, byte[] request, CancellationToken cancellationToken)
    {
        var started = options.Time.GetTimestamp();
        while (true)
        {
            var reply = await AskOnceAsync(method, request, cancellationToken).ConfigureAwait(false);
            if (reply.Error is not { } error || !IsAboutLeadership(error))
                return reply;
            if (options.Time.GetElapsedTime(started) >= options.RequestTimeout)
                return new Reply { Error = EtcdErrors.Timeout };
            await Task.Delay(RetryInterval, options.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<Reply> AskOnceAsync(string method, byte[] request, CancellationToken cancellationToken)
    {
        var status = member.Status;
        if (status.IsLeader)
            return await AnswerAsync(method, request).ConfigureAwait(false);
        if (!status.HasLeader)
            return new Reply { Error = EtcdErrors.NoLeader };
        try
        {
            return new Reply { Body = await peers.CallAsync(status.Leader, method, request, cancellationToken).ConfigureAwait(false) };
        }
        catch (GrpcException refused)
        {
            return new Reply { Error = new EtcdError((GrpcCode)(int)refused.Code, refused.Status.Message) };
        }
    }

    /// <summary>Whether another try may find the leader. What the leader itself refuses is final.</summary>
    private static bool IsAboutLeadership(EtcdError error) =>
        error == EtcdErrors.NotLeader || error == EtcdErrors.NoLeader || error == EtcdErrors.LeaderChanged
        || error == EtcdErrors.NotPrimaryLessor || error.Code == GrpcCode.Unavailable;
}
