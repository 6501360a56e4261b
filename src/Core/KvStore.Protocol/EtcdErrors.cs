namespace KvStore.Protocol;

/// <summary>
/// Every error that etcd 3.7 answers: code and exact text (its api/v3rpc/rpctypes/error.go).
/// Clients compare the text, some tools the code.
/// </summary>
/// <remarks>
/// Two entries carry code Unknown although the client library knows them by another one: etcd's server sends them so
/// (<see cref="MemberNotEnoughStarted"/>, <see cref="TooManyRequests"/>), and the Go client maps the text back.
/// </remarks>
public static class EtcdErrors
{
    // Key space.

    public static readonly EtcdError EmptyKey = new(GrpcCode.InvalidArgument, "etcdserver: key is not provided");
    public static readonly EtcdError KeyNotFound = new(GrpcCode.InvalidArgument, "etcdserver: key not found");
    public static readonly EtcdError ValueProvided = new(GrpcCode.InvalidArgument, "etcdserver: value is provided");
    public static readonly EtcdError LeaseProvided = new(GrpcCode.InvalidArgument, "etcdserver: lease is provided");
    public static readonly EtcdError TooManyOps = new(GrpcCode.InvalidArgument, "etcdserver: too many operations in txn request");
    public static readonly EtcdError DuplicateKey = new(GrpcCode.InvalidArgument, "etcdserver: duplicate key given in txn request");
    public static readonly EtcdError InvalidClientApiVersion = new(GrpcCode.InvalidArgument, "etcdserver: invalid client api version");
    public static readonly EtcdError InvalidSortOption = new(GrpcCode.InvalidArgument, "etcdserver: invalid sort option");
    public static readonly EtcdError Compacted = new(GrpcCode.OutOfRange, "etcdserver: mvcc: required revision has been compacted");
    public static readonly EtcdError FutureRevision = new(GrpcCode.OutOfRange, "etcdserver: mvcc: required revision is a future revision");
    public static readonly EtcdError NoSpace = new(GrpcCode.ResourceExhausted, "etcdserver: mvcc: database space exceeded");

    // Leases.

    public static readonly EtcdError LeaseNotFound = new(GrpcCode.NotFound, "etcdserver: requested lease not found");
    public static readonly EtcdError LeaseExists = new(GrpcCode.FailedPrecondition, "etcdserver: lease already exists");
    public static readonly EtcdError LeaseTtlTooLarge = new(GrpcCode.OutOfRange, "etcdserver: too large lease TTL");

    // Watch.

    public static readonly EtcdError WatchCanceled = new(GrpcCode.Canceled, "etcdserver: watch canceled");

    // Members.

    public static readonly EtcdError MemberExists = new(GrpcCode.FailedPrecondition, "etcdserver: member ID already exist");
    public static readonly EtcdError PeerUrlExists = new(GrpcCode.FailedPrecondition, "etcdserver: Peer URLs already exists");
    public static readonly EtcdError MemberNotEnoughStarted =
        new(GrpcCode.Unknown, "etcdserver: re-configuration failed due to not enough started members");
    public static readonly EtcdError MemberBadUrls = new(GrpcCode.InvalidArgument, "etcdserver: given member URLs are invalid");
    public static readonly EtcdError MemberNotFound = new(GrpcCode.NotFound, "etcdserver: member not found");
    public static readonly EtcdError MemberNotLearner = new(GrpcCode.FailedPrecondition, "etcdserver: can only promote a learner member");
    public static readonly EtcdError LearnerNotReady =
        new(GrpcCode.FailedPrecondition, "etcdserver: can only promote a learner member which is in sync with leader");
    public static readonly EtcdError TooManyLearners = new(GrpcCode.FailedPrecondition, "etcdserver: too many learner members in cluster");
    public static readonly EtcdError ClusterIdMismatch = new(GrpcCode.FailedPrecondition, "etcdserver: cluster ID mismatch");

    // Requests.

    public static readonly EtcdError RequestTooLarge = new(GrpcCode.InvalidArgument, "etcdserver: request is too large");
    public static readonly EtcdError TooManyRequests = new(GrpcCode.Unknown, "etcdserver: too many requests");

    // Auth.

    public static readonly EtcdError RootUserNotExist = new(GrpcCode.FailedPrecondition, "etcdserver: root user does not exist");
    public static readonly EtcdError RootRoleNotExist = new(GrpcCode.FailedPrecondition, "etcdserver: root user does not have root role");
    public static readonly EtcdError UserAlreadyExists = new(GrpcCode.FailedPrecondition, "etcdserver: user name already exists");
    public static readonly EtcdError UserEmpty = new(GrpcCode.InvalidArgument, "etcdserver: user name is empty");
    public static readonly EtcdError UserNotFound = new(GrpcCode.FailedPrecondition, "etcdserver: user name not found");
    public static readonly EtcdError RoleAlreadyExists = new(GrpcCode.FailedPrecondition, "etcdserver: role name already exists");
    public static readonly EtcdError RoleNotFound = new(GrpcCode.FailedPrecondition, "etcdserver: role name not found");
    public static readonly EtcdError RoleEmpty = new(GrpcCode.InvalidArgument, "etcdserver: role name is empty");
    public static readonly EtcdError AuthFailed = new(GrpcCode.InvalidArgument, "etcdserver: authentication failed, invalid user ID or password");
    public static readonly EtcdError PermissionNotGiven = new(GrpcCode.InvalidArgument, "etcdserver: permission not given");
    public static readonly EtcdError PermissionDenied = new(GrpcCode.PermissionDenied, "etcdserver: permission denied");
    public static readonly EtcdError RoleNotGranted = new(GrpcCode.FailedPrecondition, "etcdserver: role is not granted to the user");
    public static readonly EtcdError PermissionNotGranted = new(GrpcCode.FailedPrecondition, "etcdserver: permission is not granted to the role");
    public static readonly EtcdError AuthNotEnabled = new(GrpcCode.FailedPrecondition, "etcdserver: authentication is not enabled");
    public static readonly EtcdError InvalidAuthToken = new(GrpcCode.Unauthenticated, "etcdserver: invalid auth token");
    public static readonly EtcdError InvalidAuthManagement = new(GrpcCode.InvalidArgument, "etcdserver: invalid auth management");
    public static readonly EtcdError AuthOldRevision = new(GrpcCode.InvalidArgument, "etcdserver: revision of auth store is old");

    // Cluster.

    public static readonly EtcdError NoLeader = new(GrpcCode.Unavailable, "etcdserver: no leader");
    public static readonly EtcdError NotLeader = new(GrpcCode.FailedPrecondition, "etcdserver: not leader");
    public static readonly EtcdError LeaderChanged = new(GrpcCode.Unavailable, "etcdserver: leader changed");
    public static readonly EtcdError NotCapable = new(GrpcCode.FailedPrecondition, "etcdserver: not capable");
    public static readonly EtcdError Stopped = new(GrpcCode.Unavailable, "etcdserver: server stopped");
    public static readonly EtcdError Timeout = new(GrpcCode.Unavailable, "etcdserver: request timed out");
    public static readonly EtcdError TimeoutDueToLeaderFail =
        new(GrpcCode.Unavailable, "etcdserver: request timed out, possibly due to previous leader failure");
    public static readonly EtcdError TimeoutDueToConnectionLost =
        new(GrpcCode.Unavailable, "etcdserver: request timed out, possibly due to connection lost");
    public static readonly EtcdError TimeoutWaitAppliedIndex =
        new(GrpcCode.Unavailable, "etcdserver: request timed out, waiting for the applied index took too long");
    public static readonly EtcdError Unhealthy = new(GrpcCode.Unavailable, "etcdserver: unhealthy cluster");
    public static readonly EtcdError Corrupt = new(GrpcCode.DataLoss, "etcdserver: corrupt cluster");
    public static readonly EtcdError NotSupportedForLearner = new(GrpcCode.FailedPrecondition, "etcdserver: rpc not supported for learner");
    public static readonly EtcdError BadLeaderTransferee = new(GrpcCode.FailedPrecondition, "etcdserver: bad leader transferee");

    // Downgrade.

    public static readonly EtcdError WrongDowngradeVersionFormat = new(GrpcCode.InvalidArgument, "etcdserver: wrong downgrade target version format");
    public static readonly EtcdError InvalidDowngradeTargetVersion = new(GrpcCode.InvalidArgument, "etcdserver: invalid downgrade target version");
    public static readonly EtcdError ClusterVersionUnavailable =
        new(GrpcCode.FailedPrecondition, "etcdserver: cluster version not found during downgrade");
    public static readonly EtcdError DowngradeInProcess = new(GrpcCode.FailedPrecondition, "etcdserver: cluster has a downgrade job in progress");
    public static readonly EtcdError NoInflightDowngrade = new(GrpcCode.FailedPrecondition, "etcdserver: no inflight downgrade job");

    // The caller's own end.

    public static readonly EtcdError Canceled = new(GrpcCode.Canceled, "etcdserver: request canceled");
    public static readonly EtcdError DeadlineExceeded = new(GrpcCode.DeadlineExceeded, "etcdserver: context deadline exceeded");

    // Answers that etcd gives outside its table: the code is what its server sends.

    public static readonly EtcdError CallerCanceled = new(GrpcCode.Canceled, "context canceled");
    public static readonly EtcdError CallerDeadlineExceeded = new(GrpcCode.DeadlineExceeded, "context deadline exceeded");
    public static readonly EtcdError LeaderTransferTimeout = new(GrpcCode.Unknown, "etcdserver: request timed out, leader transfer took too long");
    public static readonly EtcdError UnknownMethod = new(GrpcCode.Unknown, "etcdserver: unknown method");
    public static readonly EtcdError PasswordForNoPasswordUser =
        new(GrpcCode.Unknown, "auth: authentication failed, password was given for no password user");
    public static readonly EtcdError PasswordTooLong = new(GrpcCode.Unknown, "bcrypt: password length exceeds 72 bytes");
    public static readonly EtcdError VerifyOnly = new(GrpcCode.Unknown, "auth: token signing attempted with verify-only key");
    public static readonly EtcdError NotPrimaryLessor = new(GrpcCode.Unknown, "not a primary lessor");
    public static readonly EtcdError ProposalDropped = new(GrpcCode.Unknown, "raft proposal dropped");
    public static readonly EtcdError ElectionNotLeader = new(GrpcCode.Unknown, "election: not leader");
    public static readonly EtcdError ElectionNoLeader = new(GrpcCode.Unknown, "election: no leader");
    public static readonly EtcdError LeaderFieldMissing = new(GrpcCode.Unknown, "\"leader\" field must be provided");
    public static readonly EtcdError RangeStreamSortOrder = new(GrpcCode.Unimplemented, "RangeStream does not support custom sort orders");
    public static readonly EtcdError RangeStreamFilters = new(GrpcCode.Unimplemented, "RangeStream does not support revision filters");

    // Ours, where etcd has no text of its own.

    public static readonly EtcdError InvalidAlarm = new(GrpcCode.InvalidArgument, "etcdserver: invalid alarm");

    public static readonly EtcdError MalformedRequest =
        new(GrpcCode.Internal, "grpc: error unmarshalling request: proto: cannot parse invalid wire-format data");
    public static readonly EtcdError PasswordTooShort = new(GrpcCode.InvalidArgument, "etcdserver: password is too short");
    public static readonly EtcdError PasswordWithZero = new(GrpcCode.InvalidArgument, "etcdserver: password has a zero byte");
    public static readonly EtcdError ResponseTooLarge = new(GrpcCode.ResourceExhausted, "grpc: trying to send message larger than max");
}
