using KvStore.Grpc;

namespace KvStore.Api.Gateway;

/// <summary>grpc-gateway's HTTP statuses for the codes of gRPC (its runtime/errors.go, version 2).</summary>
internal static class GatewayStatus
{
    private const int ClientClosedRequest = 499;

    public static int Http(StatusCode code) => code switch
    {
        StatusCode.OK => 200,
        StatusCode.Canceled => ClientClosedRequest,
        StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.OutOfRange => 400,
        StatusCode.Unauthenticated => 401,
        StatusCode.PermissionDenied => 403,
        StatusCode.NotFound => 404,
        StatusCode.AlreadyExists or StatusCode.Aborted => 409,
        StatusCode.ResourceExhausted => 429,
        StatusCode.Unimplemented => 501,
        StatusCode.Unavailable => 503,
        StatusCode.DeadlineExceeded => 504,
        _ => 500,
    };
}
