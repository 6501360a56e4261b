using KvStore.Primitives;

namespace KvStore.StateMachine;

/// <summary>The limits and choices of the room. Nothing here changes what the state becomes: only what is answered, and when.</summary>
public sealed record ApplierOptions
{
    /// <summary>
    /// Whether a request was proposed by this member and is still worth answering. Where it was not, reads within transactions
    /// and <c>prev_kv</c> are not gathered: they are two thirds of the work of applying a transaction that reads.
    /// </summary>
    public Func<RequestId, bool> IsAwaitedHere { get; init; } = request => !request.IsNone;

    /// <summary>The one limit of answers, of what the log applies as of what is only read.</summary>
    public const int ResponseBytesDefault = 512 * 1024 * 1024;

    /// <summary>
    /// Bytes of one response body. A transaction of 128 ranges could otherwise ask for more memory than the member has, on the
    /// lane that must not fail. 512 MiB is far above what a gRPC client accepts by default (4 MiB, 2 GiB for etcd's own).
    /// </summary>
    public int ResponseBytesMax { get; init; } = ResponseBytesDefault;

    public LessorOptions Leases { get; init; } = new();

    /// <summary>Where the tokens go that the log assigns. Shared by every state machine of a member, one after the other.</summary>
    public ITokenAssignments Tokens { get; init; } = NoTokens.Instance;
}
