using KvStore.Protocol.Etcd;

namespace KvStore.Client;

/// <summary>Membership.</summary>
public sealed class ClusterCalls
{
    private const string Service = "/etcdserverpb.Cluster/";
    private readonly CallSender _sender;

    internal ClusterCalls(CallSender sender) => _sender = sender;

    public Task<MemberListResponse> ListAsync(MemberListRequest request, CancellationToken cancellationToken = default) =>
        _sender.ReadAsync(Service + "MemberList", request, MemberListResponse.Parser, cancellationToken);

    public Task<MemberAddResponse> AddAsync(MemberAddRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "MemberAdd", request, MemberAddResponse.Parser, cancellationToken);

    public Task<MemberRemoveResponse> RemoveAsync(MemberRemoveRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "MemberRemove", request, MemberRemoveResponse.Parser, cancellationToken);

    public Task<MemberUpdateResponse> UpdateAsync(MemberUpdateRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "MemberUpdate", request, MemberUpdateResponse.Parser, cancellationToken);

    public Task<MemberPromoteResponse> PromoteAsync(MemberPromoteRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "MemberPromote", request, MemberPromoteResponse.Parser, cancellationToken);
}
