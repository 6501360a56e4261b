namespace KvStore.Grpc.Server;

/// <summary>
/// grpc.health.v1: whether the server and its services serve. Its two messages have one field each, so they are read and written
/// here by hand and this room needs no generated code. Any thread.
/// </summary>
public sealed class HealthService
{
    private const string ServiceName = "grpc.health.v1.Health";

    // HealthCheckRequest.service and HealthCheckResponse.status: field 1 as bytes and as varint.
    private const byte ServiceTag = 0x0A;
    private const byte StatusTag = 0x08;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, ServingStatus> _statuses = new(StringComparer.Ordinal) { [""] = ServingStatus.Serving };
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The numbers are on the wire.</summary>
    public enum ServingStatus
    {
        Unknown = 0,
        Serving = 1,
        NotServing = 2,

        /// <summary>Said by Watch only; Check answers NotFound.</summary>
        ServiceUnknown = 3,
    }

    /// <summary>Sets what is said of a service; the empty name is the server as a whole.</summary>
    public void Set(string service, ServingStatus status)
    {
        TaskCompletionSource before;
        lock (_lock)
        {
            _statuses[service] = status;
            before = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        before.TrySetResult();
    }

    public void Register(GrpcServiceTable table)
    {
        table.Unary(new RpcMethod(ServiceName, "Check", RpcShape.Unary), Check);
        table.ServerStreaming(new RpcMethod(ServiceName, "Watch", RpcShape.ServerStreaming), WatchAsync);
    }

    private ValueTask Check(ServerCall call, ReadOnlyMemory<byte> request, ResponseWriter response)
    {
        if (!TryReadService(request.Span, out var service))
            call.Fail(StatusCode.Internal, GrpcTexts.UnparsableRequest);
        else if (Look(service).Status is var status && status == ServingStatus.ServiceUnknown)
            call.Fail(StatusCode.NotFound, "unknown service");
        else
            Write(response, status);
        return ValueTask.CompletedTask;
    }

    private async ValueTask WatchAsync(ServerCall call, ReadOnlyMemory<byte> request, ResponseWriter responses)
    {
        if (!TryReadService(request.Span, out var service))
        {
            call.Fail(StatusCode.Internal, GrpcTexts.UnparsableRequest);
            return;
        }

        ServingStatus? said = null;
        while (true)
        {
            var (status, changed) = Look(service);
            if (status != said)
            {
                Write(responses, status);
                await responses.FlushAsync().ConfigureAwait(false);
                said = status;
            }

            await changed.WaitAsync(call.CancellationToken).ConfigureAwait(false);
        }
    }

    private (ServingStatus Status, Task Changed) Look(string service)
    {
        lock (_lock)
            return (_statuses.GetValueOrDefault(service, ServingStatus.ServiceUnknown), _changed.Task);
    }

    private static void Write(ResponseWriter response, ServingStatus status) =>
        response.WriteMessage(status == ServingStatus.Unknown ? ReadOnlySpan<byte>.Empty : [StatusTag, (byte)status]);

    private static bool TryReadService(ReadOnlySpan<byte> message, out string service)
    {
        service = "";
        while (!message.IsEmpty)
        {
            var isService = message[0] == ServiceTag;
            if (!KvStore.Primitives.Wire.TryReadField(ref message, out _, out _, out _, out var bytes))
                return false;
            if (isService && !System.Text.Unicode.Utf8.IsValid(bytes))
                return false;
            if (isService)
                service = System.Text.Encoding.UTF8.GetString(bytes);
        }

        return true;
    }
}
