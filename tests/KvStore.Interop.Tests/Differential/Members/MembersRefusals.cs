using Google.Protobuf;
using KvStore.Protocol.Etcd;

namespace KvStore.Interop.Tests.Differential.Members;

/// <summary>The differences by design that only clusters of several members show, numbered as in docs/testing/differential.md.</summary>
internal static class MembersRefusals
{
    /// <summary>Since 3.6 a cluster with a member down grows while a quorum of the larger one is there.</summary>
    public const int GrowsWithAMemberDown = 32;

    /// <summary>What is judged only once the cluster is healthy enough.</summary>
    private static readonly string[] LaterRefusals =
        ["FailedPrecondition: etcdserver: too many learner members in cluster", "FailedPrecondition: etcdserver: Peer URLs already exists"];

    private const string NotForLearners = "etcdserver: rpc not supported for learner";

    /// <summary>The number of the difference by design; null when there is none.</summary>
    public static int? Explanation(IMessage request, string expected, string actual, bool isAVoterDown)
    {
        if (expected == "Unavailable: " + NotForLearners && actual == "FailedPrecondition: " + NotForLearners)
            return 31;
        if (request is MemberAddRequest && isAVoterDown && expected == "Unavailable: etcdserver: unhealthy cluster" && (actual.Length == 0 || LaterRefusals.Contains(actual)))
            return GrowsWithAMemberDown;
        return RefusalComparison.Explanation(request, expected, actual);
    }
}
