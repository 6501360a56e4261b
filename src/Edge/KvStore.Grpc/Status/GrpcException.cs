namespace KvStore.Grpc;

/// <summary>
/// A call that ended with another status than OK. On the server a handler may throw it; where a refusal is common the handler
/// sets the status instead, since an exception costs more than the whole call.
/// </summary>
public sealed class GrpcException : Exception
{
    public GrpcException(StatusCode code, string message)
        : this(new GrpcStatus(code, message))
    {
    }

    public GrpcException(GrpcStatus status, Metadata? trailers = null, Exception? inner = null)
        : base(status.Message, inner)
    {
        Status = status;
        Trailers = trailers ?? Metadata.Empty;
    }

    public GrpcStatus Status { get; }

    public StatusCode Code => Status.Code;

    /// <summary>Metadata that came after the messages.</summary>
    public Metadata Trailers { get; }

    /// <summary>
    /// True when the request certainly never left this process (no connection could be made): repeating it elsewhere is safe
    /// for any method.
    /// </summary>
    public bool NeverSent { get; init; }

    /// <summary>True when the call was not made at all: the status is that of the log-in which should have given its token.</summary>
    public bool IsOfLogIn { get; init; }
}
