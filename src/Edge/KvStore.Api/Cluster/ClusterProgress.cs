using Google.Protobuf;
using KvStore.Api.Members;
using KvStore.Node;
using KvStore.Protocol;
using KvStore.Protocol.Memberships;
using KvStore.Raft;
using KvStore.StateMachine;
using Member = KvStore.Protocol.Etcd.Member;

namespace KvStore.Api.Cluster;

/// <summary>How far the members are: only the leader knows, so other members ask it.</summary>
internal sealed class ClusterProgress(IMember member, NodeGateway gateway, LeaderCalls leader)
{
    public const string Method = "member/progress";

    /// <summary>A ProgressResponse without its header, or the error. Who may ask was judged before.</summary>
    public ValueTask<Reply> AskAsync(CancellationToken cancellationToken) => leader.AskAsync(Method, default, AnswerAsync, cancellationToken);

    /// <summary>Answers here, as the leader, once a quorum has confirmed that it still leads; on another member with "not leader".</summary>
    public async ValueTask<Reply> AnswerAsync(string method, ReadOnlyMemory<byte> request)
    {
        var read = await gateway.ReadAsync(call: null).ConfigureAwait(false);
        if (read.Error is not null)
            return read;
        var status = member.Status;
        // A leader that is removed leads on until others know: its word that it is gone would come before theirs.
        if (!status.IsLeader || status.IsRemoved)
            return new Reply { Error = EtcdErrors.NotLeader };
        var response = new ProgressResponse { LastIndex = status.CommitIndex.Value };
        response.Removed.AddRange(status.RemovedMembers.Select(static removed => removed.Value));
        foreach (var info in status.Members)
        {
            var peer = status.Peers.FirstOrDefault(other => other.Member == info.Id);
            response.Members.Add(Of(info, peer, isSelf: info.Id == status.Self));
        }

        return new Reply { Body = response.ToByteArray() };
    }

    public static Member Message(MemberInfo info) => new()
    {
        ID = info.Id.Value,
        Name = info.Name,
        PeerURLs = { info.PeerUrls },
        ClientURLs = { info.ClientUrls },
        IsLearner = info.IsLearner,
    };

    private static MemberProgress Of(MemberInfo info, in PeerStatus peer, bool isSelf) => new()
    {
        Member = Message(info),
        AutoPromote = info.AutoPromote,
        Replaces = info.Replaces.Value,
        Changing = info.Stage != MemberStage.Settled,
        Active = isSelf || peer.RecentlyActive,
        MatchIndex = peer.Match.Value,
    };
}
