namespace KvStore.Protocol;

/// <summary>Refusals of the Membership service that etcd has no words for.</summary>
public static class MembershipErrors
{
    public static readonly EtcdError OnlyVotersAreReplaced =
        new(GrpcCode.FailedPrecondition, "kvstore: a learner is not replaced: remove it and add another");

    public static readonly EtcdError ReplacementUnderWay =
        new(GrpcCode.FailedPrecondition, "kvstore: the member is being replaced by another one: remove that learner first");

    public static readonly EtcdError UrlsOfAnother =
        new(GrpcCode.FailedPrecondition, "kvstore: the peer URLs belong to a voting member that replaces nobody of that id");
}
