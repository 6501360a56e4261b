using System.Globalization;
using KvStore.Node.Snapshots;
using KvStore.Protocol.Etcd;

namespace KvStore.Ctl.Output;

/// <summary>The columns that the simple and the table format share.</summary>
internal static class Rows
{
    public static string[] MemberHeads { get; } = ["ID", "Status", "Name", "Peer Addrs", "Client Addrs", "Is Learner"];

    public static string[] HealthHeads { get; } = ["endpoint", "health", "took", "error"];

    public static string[] HashHeads { get; } = ["endpoint", "hash", "hash_revision"];

    public static string[] StatusHeads { get; } =
    [
        "endpoint", "ID", "version", "storage version", "db size", "in use", "percentage not in use", "quota", "is leader", "is learner",
        "raft term", "raft index", "raft applied index", "errors", "downgrade target version", "downgrade enabled",
    ];

    public static string[] SnapshotHeads { get; } = ["hash", "revision", "total keys", "total size", "version"];

    public static string[] SnapshotHashHeads { get; } = ["hash", "hash revision", "compact revision"];

    public static string[] Of(SnapshotHash hash) => [Number(hash.Hash), Number(hash.HashRevision.Value), Number(hash.CompactRevision)];

    public static string[] Of(SnapshotStatus status) =>
        [Hex(status.Hash), Number(status.Revision.Value), Number(status.TotalKeys), GoNumbers.Size((ulong)status.TotalBytes), GoText.Of(status.Version)];

    public static string[] Of(Member member) =>
    [
        Hex(member.ID),
        member.Name.Length == 0 ? "unstarted" : "started",
        GoText.Of(member.Name),
        GoText.Of(string.Join(",", member.PeerURLs)),
        GoText.Of(string.Join(",", member.ClientURLs)),
        Bool(member.IsLearner),
    ];

    public static string[] Of(EndpointHealth health) =>
        [health.Endpoint, Bool(health.IsHealthy), GoNumbers.Duration(health.Took), health.Error];

    public static string[] Of(EndpointHash hash) => [hash.Endpoint, Number(hash.Hash.Hash), Number(hash.Hash.HashRevision)];

    public static string[] Of(EndpointStatus endpoint)
    {
        var status = endpoint.Status;
        return
        [
            endpoint.Endpoint,
            Hex(status.Header.MemberId),
            GoText.Of(status.Version),
            GoText.Of(status.StorageVersion),
            GoNumbers.Size((ulong)status.DbSize),
            GoNumbers.Size((ulong)status.DbSizeInUse),
            // etcdctl divides and would stop here on a size of zero.
            status.DbSize == 0 ? "0%" : Number(100 - (status.DbSizeInUse * 100 / status.DbSize)) + "%",
            GoNumbers.Size((ulong)status.DbSizeQuota),
            Bool(status.Leader == status.Header.MemberId),
            Bool(status.IsLearner),
            Number(status.RaftTerm),
            Number(status.RaftIndex),
            Number(status.RaftAppliedIndex),
            GoText.Of(string.Join(", ", status.Errors)),
            GoText.Of(status.DowngradeInfo?.TargetVersion ?? ""),
            Bool(status.DowngradeInfo?.Enabled ?? false),
        ];
    }

    public static string Hex(ulong id) => id.ToString("x", CultureInfo.InvariantCulture);

    public static string Bool(bool value) => value ? "true" : "false";

    public static string Number<T>(T value)
        where T : IFormattable => value.ToString(null, CultureInfo.InvariantCulture);
}
