using System.Buffers;
using System.IO.Pipelines;
using Google.Protobuf.Reflection;
using KvStore.Grpc;
using KvStore.Grpc.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using StatusCode = KvStore.Grpc.StatusCode;

namespace KvStore.Api.Gateway;

/// <summary>
/// etcd's services as JSON over HTTP (contract 4.3). Every request becomes a call of the same table as gRPC's, in memory: what is
/// true of a call there (limits, identity, errors, counters) is true of it here. The caller is known by his headers alone: no
/// certificate goes with the call (CVE-2018-16886).
/// </summary>
/// <param name="room">The room that answers gRPC on the same port.</param>
public sealed class JsonGateway(GrpcRoom room)
{
    /// <summary>base64 takes a third more than the bytes it stands for; the rest is names, blanks and escapes.</summary>
    private const int BodyBytesPerMessageByte = 2;

    private static readonly GrpcStatus NotFound = new(StatusCode.NotFound, "Not Found");
    private static readonly GrpcStatus MethodNotAllowed = new(StatusCode.Unimplemented, "Method Not Allowed");

    private readonly int _bodyBytesMax = checked(room.Options.ReceiveBytesMax * BodyBytesPerMessageByte);

    /// <summary>Answers a request whose path begins with /v3/, also over a WebSocket.</summary>
    public Task AnswerAsync(HttpContext http, string path) =>
        JsonSocket.IsAskedFor(http.Request) ? JsonSocket.AnswerAsync(http, post => AnswerPostAsync(post, path)) : AnswerPostAsync(http, path);

    private async Task AnswerPostAsync(HttpContext http, string path)
    {
        if (!GatewayRoutes.All.TryGetValue(path, out var method))
        {
            await WriteErrorAsync(http, NotFound).ConfigureAwait(false);
            return;
        }

        var replaces = TryReplaceMethod(http.Request, out var named);
        if (!HttpMethods.IsPost(named))
        {
            await WriteErrorAsync(http, MethodNotAllowed).ConfigureAwait(false);
            return;
        }

        try
        {
            LiftBodyLimits(http);
            await CallAsync(http, method, replaces ? PipeReader.Create(Stream.Null) : http.Request.BodyReader).ConfigureAwait(false);
        }
        catch (GatewayException refused) when (!http.Response.HasStarted)
        {
            await WriteErrorAsync(http, refused.Status).ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException && http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is left to be answered; the call has ended with its request.
        }
    }

    private async Task CallAsync(HttpContext http, MethodDescriptor method, PipeReader body)
    {
        var head = new LocalCallHead($"/{method.Service.FullName}/{method.Name}", GatewayHeaders.Metadata(http.Request.Headers))
        {
            Timeout = GatewayHeaders.Timeout(http.Request.Headers),
        };
        var values = new JsonValues(body, _bodyBytesMax);
        // A single request is read before the call begins, and so is judged before anything is done.
        ReadOnlyMemory<byte> request = default;
        if (!method.IsClientStreaming && await values.NextAsync(http.RequestAborted).ConfigureAwait(false) is { } json)
            request = JsonRequest.Encode(method.InputType, json);
        var call = LocalCall.Start(room, head, http, http.RequestAborted);
        await using (call.ConfigureAwait(false))
        {
            if (!method.IsServerStreaming)
                await AnswerOnceAsync(http, method, call, request).ConfigureAwait(false);
            else
                await StreamAsync(http, method, call, values, request).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// As grpc-gateway: the POST of a form may name another method in a header; its body is then the form's, of which no message is made.
    /// </summary>
    private static bool TryReplaceMethod(HttpRequest request, out string method)
    {
        method = request.Method;
        var named = request.Headers["X-HTTP-Method-Override"].ToString();
        if (named.Length == 0 || !HttpMethods.IsPost(method) || request.ContentType != "application/x-www-form-urlencoded")
            return false;
        method = named;
        return true;
    }

    private static async Task AnswerOnceAsync(HttpContext http, MethodDescriptor method, LocalCall call, ReadOnlyMemory<byte> request)
    {
        if (await call.UnaryAsync(request).ConfigureAwait(false) is not { } answer)
        {
            await WriteErrorAsync(http, call.Status).ConfigureAwait(false);
            return;
        }

        var body = new ArrayBufferWriter<byte>((int)Math.Min(answer.Length * 2, 1 << 20) + 64);
        JsonResponse.Write(body, method.OutputType, answer);
        BeginAnswer(http);
        http.Response.ContentLength = body.WrittenCount;
        await http.Response.BodyWriter.WriteAsync(body.WrittenMemory, http.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>Answers come while requests may still be on their way; the end of the requests does not end a watch.</summary>
    private static async Task StreamAsync(HttpContext http, MethodDescriptor method, LocalCall call, JsonValues values, ReadOnlyMemory<byte> request)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        var sending = method.IsClientStreaming ? SendAllAsync(method, call, values, ending.Token) : SendOneAsync(call, request, ending.Token);
        try
        {
            var output = http.Response.BodyWriter;
            while (await call.MoveNextAsync().ConfigureAwait(false))
            {
                if (!http.Response.HasStarted)
                    BeginAnswer(http);
                JsonResponse.WriteResult(output, method.OutputType, call.Current);
                if ((await output.FlushAsync(http.RequestAborted).ConfigureAwait(false)).IsCompleted)
                    return;
            }

            if (!call.Status.IsOK)
                await EndWithErrorAsync(http, call.Status).ConfigureAwait(false);
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await sending.ConfigureAwait(false);
        }
    }

    private static async Task SendOneAsync(LocalCall call, ReadOnlyMemory<byte> request, CancellationToken cancellationToken)
    {
        await call.WriteAsync(request, cancellationToken).ConfigureAwait(false);
        await call.HalfCloseAsync().ConfigureAwait(false);
    }

    /// <summary>Ends at the end of the body, and as in etcd at the first value that is no request: the stream lives on without it.</summary>
    private static async Task SendAllAsync(MethodDescriptor method, LocalCall call, JsonValues values, CancellationToken cancellationToken)
    {
        try
        {
            while (await values.NextAsync(cancellationToken).ConfigureAwait(false) is { } json)
            {
                if (!await call.WriteAsync(JsonRequest.Encode(method.InputType, json), cancellationToken).ConfigureAwait(false))
                    return;
            }
        }
        catch (Exception ended) when (ended is GatewayException or OperationCanceledException or IOException)
        {
            // Whatever ended the requests, the answers say how the call went on.
        }

        await call.HalfCloseAsync().ConfigureAwait(false);
    }

    private static async Task EndWithErrorAsync(HttpContext http, GrpcStatus status)
    {
        if (!http.Response.HasStarted)
        {
            http.Response.StatusCode = GatewayStatus.Http(status.Code);
            http.Response.ContentType = "application/json";
        }

        JsonResponse.WriteStreamError(http.Response.BodyWriter, status);
        await http.Response.BodyWriter.FlushAsync(http.RequestAborted).ConfigureAwait(false);
    }

    private static void BeginAnswer(HttpContext http)
    {
        http.Response.ContentType = "application/json";
        http.Response.Headers["Grpc-Metadata-Content-Type"] = GrpcHeaders.ContentType;
    }

    private static async Task WriteErrorAsync(HttpContext http, GrpcStatus status)
    {
        http.Response.StatusCode = GatewayStatus.Http(status.Code);
        http.Response.ContentType = "application/json";
        if (status.Code == StatusCode.Unauthenticated)
            http.Response.Headers.WWWAuthenticate = status.Message;
        var body = new ArrayBufferWriter<byte>(256);
        JsonResponse.WriteError(body, status);
        http.Response.ContentLength = body.WrittenCount;
        if (!HttpMethods.IsHead(http.Request.Method))
            await http.Response.BodyWriter.WriteAsync(body.WrittenMemory, http.RequestAborted).ConfigureAwait(false);
    }

    // A stream of requests has no length; each of its values is limited by itself.
    private static void LiftBodyLimits(HttpContext http)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null;
    }
}
