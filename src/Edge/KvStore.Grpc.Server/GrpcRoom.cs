using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace KvStore.Grpc.Server;

/// <summary>
/// The terminal middleware: finds the method by path, runs its handler, ends the call with a status. No routing, no DI scope, no
/// interceptor chain. What is not gRPC (HTTP/1.1, or HTTP/2 on a path that is no method) goes on to the rest of the pipeline.
/// </summary>
public sealed class GrpcRoom
{
    private readonly GrpcServiceTable _table;
    private long _bytesReceived;
    private long _bytesSent;
    private long _callsInFlight;

    public GrpcRoom(GrpcServiceTable table, GrpcRoomOptions options)
    {
        _table = table;
        Options = options;
    }

    public GrpcRoomOptions Options { get; }

    public GrpcServiceTable Table => _table;

    /// <summary>Bytes of request messages with their prefixes.</summary>
    public long BytesReceived => Interlocked.Read(ref _bytesReceived);

    /// <summary>Bytes of response messages with their prefixes.</summary>
    public long BytesSent => Interlocked.Read(ref _bytesSent);

    public long CallsInFlight => Interlocked.Read(ref _callsInFlight);

    /// <summary>Answers a request, or hands it to <paramref name="next"/>.</summary>
    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var request = context.Request;
        if (!HttpProtocol.IsHttp2(request.Protocol))
            return next(context);
        ClientGuard.OnBegun(context.Features);

        var path = request.Path.Value ?? "";
        var isMethod = _table.TryFind(path, out var entry);
        if (!GrpcHeaders.IsGrpcContentType(request.ContentType))
            return isMethod ? Refuse(context, StatusCodes.Status415UnsupportedMediaType, GrpcTexts.InvalidContentType(request.ContentType ?? "")) : next(context);
        if (!HttpMethods.IsPost(request.Method))
            return Refuse(context, StatusCodes.Status405MethodNotAllowed, GrpcTexts.NotPost(request.Method));
        if (entry is null)
            return Refuse(context, StatusCodes.Status200OK, _table.UnknownPath(path));

        var call = new ServerCall(this, context, entry);
        return TryReadTimeout(call, out var refusal)
            ? entry.Single is not null ? RunSingleAsync(call, entry) : RunStreamAsync(call, entry)
            : Refuse(context, StatusCodes.Status400BadRequest, refusal);
    }

    internal void OnReceived(long bytes) => Interlocked.Add(ref _bytesReceived, bytes);

    internal void OnSent(long bytes) => Interlocked.Add(ref _bytesSent, bytes);

    private async Task RunSingleAsync(ServerCall call, MethodEntry entry)
    {
        Begin(call);
        var reader = new RequestReader(call, this);
        var writer = new ResponseWriter(call, this);
        try
        {
            if (Admitted(call))
            {
                if (await reader.MoveNextAsync().ConfigureAwait(false))
                    await entry.Single!(call, reader.Current, writer).ConfigureAwait(false);
                else
                    call.Fail(StatusCode.Internal, GrpcTexts.NoRequestMessage);
            }
        }
#pragma warning disable CA1031 // Whatever a handler lets out must become a status: nothing above this line could answer the caller.
        catch (Exception exception)
        {
            call.Fail(call.StatusOf(exception));
        }
#pragma warning restore CA1031
        End(call, reader, writer);
    }

    private async Task RunStreamAsync(ServerCall call, MethodEntry entry)
    {
        Begin(call);
        LiftBodyLimits(call.Http);
        var reader = new RequestReader(call, this);
        var writer = new ResponseWriter(call, this);
        try
        {
            if (Admitted(call))
                await entry.Stream!(call, reader, writer).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // As above.
        catch (Exception exception)
        {
            call.Fail(call.StatusOf(exception));
        }
#pragma warning restore CA1031
        End(call, reader, writer);
    }

    private void Begin(ServerCall call)
    {
        Interlocked.Increment(ref _callsInFlight);
        call.Entry.Counters.OnStarted();
        call.Span = CallSpans.Begin(call);
        var contentType = call.Http.Request.ContentType!;
        call.Http.Response.ContentType = contentType.Length == GrpcHeaders.ContentType.Length ? GrpcHeaders.ContentType : contentType;
    }

    private bool Admitted(ServerCall call)
    {
        var encoding = call.Http.Request.Headers.GrpcEncoding;
        if (encoding.Count > 0 && encoding[0] is { Length: > 0 } name && name != "identity")
            call.Fail(GrpcTexts.NoDecompressor(name, isServer: true));
        else if (Options.Admit is { } admit)
            call.Fail(admit(call));
        return call.Status.IsOK;
    }

    private void End(ServerCall call, RequestReader reader, ResponseWriter writer)
    {
        reader.Release();
        writer.Release();
        call.Release();
        if (call.Status.IsOK && (writer.IsTorn || (call.Entry.AnswersOnce && writer.Messages != 1)))
        {
            Options.OnUnhandledException?.Invoke(call, new InvalidOperationException($"{call.Method.Path} ended without its answer"));
            call.Fail(StatusCode.Internal, GrpcTexts.InternalError);
        }

        call.Entry.Counters.OnHandled(call.Status.Code);
        Interlocked.Decrement(ref _callsInFlight);
        WriteStatus(call.Http, call.Status, call.Trailers);
        CallSpans.End(call.Span, call.Status);
        Options.OnFinished?.Invoke(call, call.Status);
    }

    // With nothing sent before, status and trailers are the headers ("Trailers-Only"); otherwise they follow the messages.
    private static void WriteStatus(HttpContext http, in GrpcStatus status, Metadata? trailers)
    {
        var response = http.Response;
        var target = response.HasStarted ? http.Features.Get<IHttpResponseTrailersFeature>()!.Trailers : response.Headers;
        target.GrpcStatus = StatusTexts.Of(status.Code);
        if (status.Message.Length > 0)
            target.GrpcMessage = PercentEncoding.Encode(status.Message);
        if (trailers is null)
            return;
        foreach (var (name, value) in trailers)
            target.Append(name, value);
    }

    private static Task Refuse(HttpContext context, int httpStatus, in GrpcStatus status)
    {
        context.Response.StatusCode = httpStatus;
        context.Response.ContentType = GrpcHeaders.ContentType;
        WriteStatus(context, status, trailers: null);
        return Task.CompletedTask;
    }

    private static bool TryReadTimeout(ServerCall call, out GrpcStatus refusal)
    {
        refusal = default;
        var header = call.Http.Request.Headers.GrpcTimeout;
        if (header.Count == 0 || header[0] is not { } value)
            return true;
        if (!TimeoutGrammar.TryParse(value, out var timeout, out var reason))
        {
            refusal = GrpcTexts.MalformedTimeout(reason);
            return false;
        }

        call.Timeout = timeout;
        return true;
    }

    // A stream has no length and no pace: a watch may say nothing for hours. Its messages are limited one by one.
    private static void LiftBodyLimits(HttpContext http)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null;
        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
    }
}
