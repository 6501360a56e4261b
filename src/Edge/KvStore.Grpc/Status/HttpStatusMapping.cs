using System.Globalization;

namespace KvStore.Grpc;

/// <summary>What an answer means that carries no `grpc-status`: it came from a proxy or from something that is no gRPC server.</summary>
public static class HttpStatusMapping
{
    /// <summary>The table of the protocol ("HTTP to gRPC Status Code Mapping").</summary>
    public static StatusCode FromHttpStatus(int httpStatus) => httpStatus switch
    {
        400 => StatusCode.Internal,
        401 => StatusCode.Unauthenticated,
        403 => StatusCode.PermissionDenied,
        404 => StatusCode.Unimplemented,
        429 or 502 or 503 or 504 => StatusCode.Unavailable,
        _ => StatusCode.Unknown,
    };

    /// <summary>The table of the protocol for RST_STREAM error codes ("Errors", HTTP/2 transport mapping).</summary>
    public static StatusCode FromHttp2Error(long errorCode) => errorCode switch
    {
        0x7 => StatusCode.Unavailable, // REFUSED_STREAM: the server did nothing
        0x8 => StatusCode.Canceled,
        0xB => StatusCode.ResourceExhausted, // ENHANCE_YOUR_CALM
        0xC => StatusCode.PermissionDenied, // INADEQUATE_SECURITY
        _ => StatusCode.Internal,
    };

    public static GrpcStatus Unexpected(int httpStatus, string? contentType) => new(
        FromHttpStatus(httpStatus),
        string.Create(
            CultureInfo.InvariantCulture,
            $"unexpected HTTP status code received from server: {httpStatus}; transport: received unexpected content-type {GoQuote.Quote(contentType ?? "")}"));
}
