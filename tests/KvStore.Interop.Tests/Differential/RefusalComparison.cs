using Google.Protobuf;
using KvStore.Protocol.Etcd;

namespace KvStore.Interop.Tests.Differential;

/// <summary>
/// Compares two refusals, written as "code: text" (empty: answered). They must be the same but for the differences by design,
/// which are numbered as in docs/testing/differential.md and hold only where the request itself has the cause.
/// </summary>
internal static class RefusalComparison
{
    private const string KeyNotFound = "InvalidArgument: etcdserver: key not found";
    private const string LeaseNotFound = "NotFound: etcdserver: requested lease not found";
    private const string Compacted = "OutOfRange: etcdserver: mvcc: required revision has been compacted";
    private const string FutureRevision = "OutOfRange: etcdserver: mvcc: required revision is a future revision";
    private const string SortOption = "InvalidArgument: etcdserver: invalid sort option";

    public static bool AreEqual(IMessage request, string expected, string actual) => expected == actual || Explanation(request, expected, actual) is not null;

    /// <summary>The number of the difference by design; null when there is none.</summary>
    public static int? Explanation(IMessage request, string expected, string actual) =>
        IsOtherCauseOfTheSameTxn(request, expected, actual) ? 2
        : IsUnknownSort(request, actual) ? 3
        : IsMaintenanceRefusal(request, expected, actual) ? 14
        : IsOpenToAll(request, expected, actual) ? 13
        : IsAddedTwice(request, expected, actual) ? 21
        : null;

    /// <summary>
    /// By design 2: of several causes to refuse a transaction, 3.5 names the first put's before the first range's and a missing
    /// key before a missing lease; since 3.6 the operations are judged one after the other, and the lease before the key.
    /// </summary>
    private static bool IsOtherCauseOfTheSameTxn(IMessage request, string expected, string actual) =>
        request is TxnRequest txn && CanCause(txn, expected) && CanCause(txn, actual);

    private static bool CanCause(TxnRequest txn, string refusal) => Operations(txn).Any(operation => refusal switch
    {
        KeyNotFound => operation.RequestPut is { } put && (put.IgnoreValue || put.IgnoreLease),
        LeaseNotFound => operation.RequestPut is { Lease: not 0 },
        Compacted or FutureRevision => operation.RequestRange is { Revision: not 0 },
        _ => false,
    });

    /// <summary>By design 3: since 3.6 an unknown sort order or target is refused; 3.5 does not sort then.</summary>
    private static bool IsUnknownSort(IMessage request, string actual) => actual == SortOption && request switch
    {
        RangeRequest range => HasUnknownSort(range),
        TxnRequest txn => Operations(txn).Any(operation => operation.RequestRange is { } range && HasUnknownSort(range)),
        _ => false,
    };

    /// <summary>By design 13: 3.5 asks for root, or for somebody, where later ones do not.</summary>
    private static bool IsOpenToAll(IMessage request, string expected, string actual) =>
        request is StatusRequest or AuthStatusRequest && actual.Length == 0 && (expected == "PermissionDenied: etcdserver: permission denied" || CodedAs(expected) is not null);

    /// <summary>By design 21: etcd's reason depends on whether a second has passed.</summary>
    private static bool IsAddedTwice(IMessage request, string expected, string actual) => request is MemberAddRequest
        && expected == "FailedPrecondition: etcdserver: member ID already exist" && actual == "FailedPrecondition: etcdserver: Peer URLs already exists";

    /// <summary>By design 14: 3.5 sends the callers of Maintenance its own words and no code.</summary>
    private static bool IsMaintenanceRefusal(IMessage request, string expected, string actual) =>
        request is HashKVRequest or HashRequest or DefragmentRequest or StatusRequest or SnapshotRequest && CodedAs(expected) == actual;

    /// <summary>What stands for 3.5's words since 3.6; null for others.</summary>
    private static string? CodedAs(string refusal) => refusal switch
    {
        "Unknown: auth: permission denied" => "PermissionDenied: etcdserver: permission denied",
        "Unknown: auth: invalid auth token" => "Unauthenticated: etcdserver: invalid auth token",
        "Unknown: auth: user name is empty" => "InvalidArgument: etcdserver: user name is empty",
        "Unknown: auth: user not found" => "FailedPrecondition: etcdserver: user name not found",
        _ => null,
    };

    private static bool HasUnknownSort(RangeRequest range) => !Enum.IsDefined(range.SortOrder) || !Enum.IsDefined(range.SortTarget);

    private static IEnumerable<RequestOp> Operations(TxnRequest txn) =>
        txn.Success.Concat(txn.Failure).SelectMany(operation => operation.RequestTxn is { } nested ? Operations(nested) : [operation]);
}
