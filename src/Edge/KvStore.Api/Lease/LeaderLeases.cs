using Google.Protobuf;
using KvStore.Api.Members;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;
using KvStore.Protocol.Peers;
using KvStore.StateMachine;

namespace KvStore.Api.Lease;

/// <summary>
/// Keep-alives and questions for the remaining time: only the leader knows, so other members ask it; a
/// deposed one never answers by itself (L3, L6).
/// </summary>
internal sealed class LeaderLeases(NodeGateway gateway, LeaderCalls leader)
{
    public const string KeepAliveMethod = "lease/keepalive";
    public const string TimeToLiveMethod = "lease/timetolive";

    private long _renewals;

    /// <summary>Leases renewed by this member as leader.</summary>
    public long Renewals => Interlocked.Read(ref _renewals);

    /// <summary>The body of a LeaseKeepAliveResponse, or the error.</summary>
    public ValueTask<Reply> KeepAliveAsync(LeaseKeepAliveRequest request, in Caller caller, CancellationToken cancellationToken) =>
        leader.AskAsync(KeepAliveMethod, Question(request.ID, withKeys: false, caller), AnswerAsync, cancellationToken);

    /// <summary>The body of a LeaseTimeToLiveResponse, or the error.</summary>
    public ValueTask<Reply> TimeToLiveAsync(LeaseTimeToLiveRequest request, in Caller caller, CancellationToken cancellationToken) =>
        leader.AskAsync(TimeToLiveMethod, Question(request.ID, request.Keys, caller), AnswerAsync, cancellationToken);

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
}
