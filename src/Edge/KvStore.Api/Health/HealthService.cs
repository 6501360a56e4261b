using KvStore.Grpc.Server;
using KvStore.Protocol.Health;
using StatusCode = KvStore.Grpc.StatusCode;

namespace KvStore.Api.Health;

/// <summary>grpc.health.v1: the process serves as long as it answers; whether the cluster does is what /health and /readyz say.</summary>
internal sealed class HealthService
{
    private readonly HashSet<string> _services = new(StringComparer.Ordinal) { "" };

    public void Register(GrpcServiceTable table)
    {
        var methods = HealthReflection.Descriptor.Services.Single(service => service.Name == "Health");
        table.Declare(methods);
        table.Unary<HealthCheckRequest, HealthCheckResponse>(methods.FindMethodByName("Check"), CheckAsync);
        table.ServerStreaming<HealthCheckRequest, HealthCheckResponse>(methods.FindMethodByName("Watch"), WatchAsync);
        foreach (var counters in table.Counters)
            _services.Add(counters.Method.Service);
    }

    private ValueTask<HealthCheckResponse?> CheckAsync(ServerCall call, HealthCheckRequest request)
    {
        if (_services.Contains(request.Service))
            return ValueTask.FromResult<HealthCheckResponse?>(Serving());
        call.Fail(StatusCode.NotFound, "unknown service");
        return ValueTask.FromResult<HealthCheckResponse?>(null);
    }

    private async ValueTask WatchAsync(ServerCall call, HealthCheckRequest request, TypedResponses<HealthCheckResponse> responses)
    {
        var response = _services.Contains(request.Service)
            ? Serving()
            : new HealthCheckResponse { Status = HealthCheckResponse.Types.ServingStatus.ServiceUnknown };
        await responses.WriteAsync(response).ConfigureAwait(false);
        await Task.Delay(Timeout.InfiniteTimeSpan, call.CancellationToken).ConfigureAwait(false);
    }

    private static HealthCheckResponse Serving() => new() { Status = HealthCheckResponse.Types.ServingStatus.Serving };
}
