using KvStore.Protocol.Etcd;
using KvStore.Protocol.Memberships;

namespace KvStore.Client;

/// <summary>Membership.</summary>
public sealed class ClusterCalls
{
    private const string Service = "/etcdserverpb.Cluster/";
    private const string OwnService = "/kvstore.membership.Membership/";
    private readonly CallSender _sender;

    internal ClusterCalls(CallSender sender) => _sender = sender;

    /// <summary>The members.</summary>
    public Task<MemberListResponse> ListAsync(MemberListRequest request, CancellationToken cancellationToken = default) =>
        _sender.ReadAsync(Service + "MemberList", request, MemberListResponse.Parser, cancellationToken);

    /// <summary>Adds a member, which is to be started afterwards; a learner has no vote yet.</summary>
    public Task<MemberAddResponse> AddAsync(MemberAddRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "MemberAdd", request, MemberAddResponse.Parser, cancellationToken);

    /// <summary>Removes a member.</summary>
    public Task<MemberRemoveResponse> RemoveAsync(MemberRemoveRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "MemberRemove", request, MemberRemoveResponse.Parser, cancellationToken);

    /// <summary>Changes a member's peer addresses.</summary>
    public Task<MemberUpdateResponse> UpdateAsync(MemberUpdateRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "MemberUpdate", request, MemberUpdateResponse.Parser, cancellationToken);

    /// <summary>Gives a learner that has caught up its vote.</summary>
    public Task<MemberPromoteResponse> PromoteAsync(MemberPromoteRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "MemberPromote", request, MemberPromoteResponse.Parser, cancellationToken);

    /// <summary>
    /// Adds a learner that the leader promotes by itself once it has started and caught up; where a voter is named, that one is removed by
    /// the same change. Safe to repeat. Members of etcd do not know this call: they answer with the code unimplemented.
    /// </summary>
    public Task<JoinResponse> JoinAsync(JoinRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(OwnService + "Join", request, JoinResponse.Parser, cancellationToken);

    /// <summary>How far the members are, as the leader knows it. Members of etcd do not know this call.</summary>
    public Task<ProgressResponse> ProgressAsync(CancellationToken cancellationToken = default) =>
        _sender.ReadAsync(OwnService + "Progress", new ProgressRequest(), ProgressResponse.Parser, cancellationToken);
}
