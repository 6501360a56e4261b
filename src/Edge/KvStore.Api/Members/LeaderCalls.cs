using KvStore.Grpc;
using KvStore.Protocol;
using KvStore.StateMachine;

namespace KvStore.Api.Members;

/// <summary>Answers, as the leader, what another member was asked and only the leader knows.</summary>
internal delegate ValueTask<Reply> AnswerAsLeader(string method, ReadOnlyMemory<byte> request);

/// <summary>
/// Questions that only the leader can answer: answered here if this member leads, otherwise asked of the one that does, over the peer
/// connections. Goes on looking for a leader until the server's time limit.
/// </summary>
internal sealed class LeaderCalls(IMember member, IPeerCalls peers, ApiOptions options)
{
    /// <summary>Time between two tries while there is no leader that answers (etcd's number).</summary>
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(50);

    public async ValueTask<Reply> AskAsync(string method, ReadOnlyMemory<byte> request, AnswerAsLeader answer, CancellationToken cancellationToken)
    {
        var started = options.Time.GetTimestamp();
        while (true)
        {
            var reply = await AskOnceAsync(method, request, answer, cancellationToken).ConfigureAwait(false);
            if (reply.Error is not { } error || !IsAboutLeadership(error))
                return reply;
            if (options.Time.GetElapsedTime(started) >= options.RequestTimeout)
                return new Reply { Error = EtcdErrors.Timeout };
            await Task.Delay(RetryInterval, options.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<Reply> AskOnceAsync(string method, ReadOnlyMemory<byte> request, AnswerAsLeader answer, CancellationToken cancellationToken)
    {
        var status = member.Status;
        if (status.IsLeader)
            return await answer(method, request).ConfigureAwait(false);
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
