using KvStore.Api.Members;
using KvStore.Grpc;
using KvStore.Grpc.Server;
using KvStore.Protocol;
using StatusCode = KvStore.Grpc.StatusCode;

namespace KvStore.Api;

/// <summary>What holds for every call before its handler sees it, in etcd's order (contract 1, interceptors).</summary>
public sealed class RequestRules(IMember member)
{
    private const string LeaderHeader = "hasleader";
    private const string ClientVersionHeader = "client-api-version";

    /// <summary>For <see cref="GrpcRoomOptions.Admit"/>.</summary>
    public GrpcStatus Admit(ServerCall call)
    {
        var status = member.Status;
        if (status.IsLearner && !IsAllowedOnLearner(call.Method))
            return ToStatus(EtcdErrors.NotSupportedForLearner);
        if (call.Header(ClientVersionHeader) is { } version && !MetadataText.TryDecode(version, out _))
            return ToStatus(EtcdErrors.InvalidClientApiVersion);
        return WantsLeader(call) && !status.HasLeader ? ToStatus(EtcdErrors.NoLeader) : GrpcStatus.OK;
    }

    internal static bool WantsLeader(ServerCall call) => call.Header(LeaderHeader) == "true";

    /// <summary>
    /// On a learner: Status, serializable ranges (the handler knows which are) and the snapshot stream. Health is no service of
    /// etcd's own and is answered everywhere.
    /// </summary>
    private static bool IsAllowedOnLearner(RpcMethod method) => method.Path is
        "/etcdserverpb.Maintenance/Status" or
        "/etcdserverpb.Maintenance/Snapshot" or
        "/etcdserverpb.KV/Range" or
        "/grpc.health.v1.Health/Check" or
        "/grpc.health.v1.Health/Watch";

    private static GrpcStatus ToStatus(EtcdError error) => new((StatusCode)(int)error.Code, error.Text);
}
