using KvStore.Grpc;
using KvStore.Grpc.Server;
using KvStore.Server.Logging;
using Serilog;

namespace KvStore.Server.Hosting;

/// <summary>A line in the log for each unary call that took longer than it should (--warning-unary-request-duration; 0: none).</summary>
internal sealed class SlowCalls(TimeSpan limit, TimeProvider time, ILogger logger)
{
    public void OnFinished(ServerCall call, GrpcStatus status)
    {
        if (limit <= TimeSpan.Zero || call.Method.Shape != RpcShape.Unary)
            return;
        var took = call.Elapsed;
        if (took < limit)
            return;
        // Never what was asked: keys and values are the clients'.
        logger.Warn("request stats", ("start time", time.GetUtcNow() - took), ("time spent", took), ("expected-duration", limit),
            ("remote", call.RemoteEndPoint?.ToString()), ("response type", call.Method.Path), ("response code", status.Code.ToString()));
    }
}
