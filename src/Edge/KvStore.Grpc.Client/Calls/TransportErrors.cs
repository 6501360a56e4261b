using System.Net.Sockets;

namespace KvStore.Grpc.Client;

/// <summary>What a failure of the transport means as a status.</summary>
internal static class TransportErrors
{
    /// <summary>True when no connection could be made: the request cannot have reached anybody.</summary>
    public static bool NeverSent(HttpRequestException failure) => failure.HttpRequestError is
        HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError
        or HttpRequestError.VersionNegotiationError;

    /// <param name="failure">What was thrown.</param>
    /// <param name="deadline">Of the call.</param>
    /// <param name="endpoint">Who was asked.</param>
    /// <param name="before">Why the attempt before this one failed: a deadline that passes among attempts tells nothing, and that does.</param>
    public static GrpcException Translate(Exception failure, CallDeadline deadline, string endpoint, GrpcException? before = null)
    {
        if (failure is GrpcException grpc)
            return grpc;
        if (deadline.HasPassed)
            return new GrpcException(new GrpcStatus(StatusCode.DeadlineExceeded, GrpcTexts.DeadlineExceeded), inner: before ?? failure);
        if (deadline.IsCanceled)
            return new GrpcException(new GrpcStatus(StatusCode.Canceled, GrpcTexts.Canceled), inner: failure);

        for (var cause = failure; cause is not null; cause = cause.InnerException)
        {
            if (cause is HttpProtocolException { ErrorCode: var code } && !IsConnectionLoss(cause))
            {
                var text = System.FormattableString.Invariant($"stream terminated by RST_STREAM with error code: {Http2ErrorNames.Of(code)}");
                return new GrpcException(new GrpcStatus(HttpStatusMapping.FromHttp2Error(code), text), inner: failure);
            }
        }

        var neverSent = failure is HttpRequestException request && NeverSent(request);
        return new GrpcException(new GrpcStatus(StatusCode.Unavailable, Describe(failure, endpoint, neverSent)), inner: failure) { NeverSent = neverSent };
    }

    /// <summary>No connection could be made to that endpoint.</summary>
    public static GrpcException Unreachable(Exception failure, string endpoint)
    {
        var text = failure is EndOfStreamException ? $"connection error: desc = \"{failure.Message}\"" : Describe(failure, endpoint, neverSent: true);
        return new GrpcException(new GrpcStatus(StatusCode.Unavailable, text), inner: failure) { NeverSent = true };
    }

    // A GOAWAY ends the connection, not the one call: the server may be restarting, so the caller may try elsewhere.
    private static bool IsConnectionLoss(Exception cause) => cause.Message.Contains("GOAWAY", StringComparison.Ordinal)
        || cause.Message.Contains("connection", StringComparison.OrdinalIgnoreCase);

    private static string Describe(Exception failure, string endpoint, bool neverSent)
    {
        var deepest = failure;
        while (deepest.InnerException is { } inner)
            deepest = inner;
        var reason = deepest switch
        {
            SocketException socket => SocketReason(socket.SocketErrorCode),
            // The handler closed it: a server that wants another certificate ends the connection just so.
            ObjectDisposedException => "use of closed network connection",
            _ => deepest.Message,
        };
        return neverSent
            ? $"connection error: desc = \"transport: Error while dialing: dial tcp {endpoint}: {reason}\""
            : $"error reading from server: {reason}";
    }

    private static string SocketReason(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => "connect: connection refused",
        SocketError.HostUnreachable => "connect: no route to host",
        SocketError.NetworkUnreachable => "connect: network is unreachable",
        SocketError.TimedOut => "i/o timeout",
        SocketError.ConnectionReset => "connection reset by peer",
        SocketError.HostNotFound or SocketError.NoData => "no such host",
        _ => error.ToString(),
    };
}
