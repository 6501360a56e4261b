using System.Diagnostics;

namespace KvStore.Grpc.Server;

/// <summary>
/// A span for each call (OpenTelemetry's conventions for rpc), under the caller's where its `traceparent` header names one (W3C Trace Context).
/// Costs a look at a list while nobody listens to <see cref="SourceName"/>.
/// </summary>
public static class CallSpans
{
    /// <summary>What a listener asks for.</summary>
    public const string SourceName = "KvStore.Grpc.Server";

    private static readonly ActivitySource Source = new(SourceName);

    internal static Activity? Begin(ServerCall call)
    {
        if (!Source.HasListeners())
            return null;
        var headers = call.Http.Request.Headers;
        ActivityContext.TryParse(headers.TraceParent, headers.TraceState, isRemote: true, out var parent);
        var path = call.Method.Path;
        var span = Source.StartActivity(path[1..], ActivityKind.Server, parent);
        if (span is null)
            return null;
        var slash = path.LastIndexOf('/');
        span.SetTag("rpc.system", "grpc").SetTag("rpc.service", path[1..slash]).SetTag("rpc.method", path[(slash + 1)..]);
        if (call.RemoteEndPoint is System.Net.IPEndPoint client)
            span.SetTag("client.address", client.Address.ToString()).SetTag("client.port", client.Port);
        return span;
    }

    internal static void End(Activity? span, in GrpcStatus status)
    {
        if (span is null)
            return;
        span.SetTag("rpc.grpc.status_code", (int)status.Code);
        if (IsServersFault(status.Code))
            span.SetStatus(ActivityStatusCode.Error, status.Message);
        span.Dispose();
    }

    /// <summary>By the conventions, a caller's mistake is no error of a server's span.</summary>
    private static bool IsServersFault(StatusCode code) => code
        is StatusCode.Unknown or StatusCode.DeadlineExceeded or StatusCode.Unimplemented or StatusCode.Internal or StatusCode.Unavailable or StatusCode.DataLoss;
}
