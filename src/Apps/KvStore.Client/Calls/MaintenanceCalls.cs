using KvStore.Protocol.Etcd;

namespace KvStore.Client;

/// <summary>What concerns one member or the upkeep of the cluster. Give the client one endpoint to mean one member.</summary>
public sealed class MaintenanceCalls
{
    private const string Service = "/etcdserverpb.Maintenance/";
    private readonly CallSender _sender;

    internal MaintenanceCalls(CallSender sender) => _sender = sender;

    /// <summary>A member's version, size, leader and progress.</summary>
    public Task<StatusResponse> StatusAsync(CancellationToken cancellationToken = default) =>
        _sender.ReadAsync(Service + "Status", new StatusRequest(), StatusResponse.Parser, cancellationToken);

    /// <summary>A hash of a member's keys up to a revision: equal on all members that hold the same.</summary>
    public Task<HashKVResponse> HashKvAsync(HashKVRequest request, CancellationToken cancellationToken = default) =>
        _sender.ReadAsync(Service + "HashKV", request, HashKVResponse.Parser, cancellationToken);

    /// <summary>The alarms that are raised.</summary>
    public Task<AlarmResponse> AlarmsAsync(CancellationToken cancellationToken = default) =>
        _sender.ReadAsync(Service + "Alarm", new AlarmRequest { Action = AlarmRequest.Types.AlarmAction.Get }, AlarmResponse.Parser, cancellationToken);

    /// <summary>Takes an alarm back.</summary>
    public Task<AlarmResponse> DisarmAsync(AlarmMember alarm, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(
            Service + "Alarm",
            new AlarmRequest { Action = AlarmRequest.Types.AlarmAction.Deactivate, MemberID = alarm.MemberID, Alarm = alarm.Alarm },
            AlarmResponse.Parser,
            cancellationToken);

    /// <summary>Gives unused space back to the file system.</summary>
    public Task<DefragmentResponse> DefragmentAsync(CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "Defragment", new DefragmentRequest(), DefragmentResponse.Parser, cancellationToken);

    /// <summary>Makes another member the leader; asked of the leader.</summary>
    public Task<MoveLeaderResponse> MoveLeaderAsync(MoveLeaderRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "MoveLeader", request, MoveLeaderResponse.Parser, cancellationToken);

    /// <summary>Validates, begins or cancels a downgrade.</summary>
    public Task<DowngradeResponse> DowngradeAsync(DowngradeRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "Downgrade", request, DowngradeResponse.Parser, cancellationToken);

    /// <summary>A member's measures, in the text form of Prometheus.</summary>
    /// <exception cref="Grpc.GrpcException">It shows none at its client address, or does not answer.</exception>
    public Task<string> MetricsAsync(CancellationToken cancellationToken = default) => _sender.GetTextAsync("/metrics", cancellationToken);

    /// <summary>The member's snapshot in pieces. A broken stream is an error: half a snapshot is none.</summary>
    public IAsyncEnumerable<SnapshotResponse> SnapshotAsync(CancellationToken cancellationToken = default) =>
        _sender.StreamAsync(Service + "Snapshot", new SnapshotRequest(), SnapshotResponse.Parser, cancellationToken);
}
