using System.Buffers;
using System.IO.Pipelines;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace KvStore.Api.Gateway;

/// <summary>
/// A request to the gateway over a WebSocket (contract 4.3), as etcd's proxy before its gateway: whatever the path, each message of the
/// client is one JSON value of a POST, and each line of the answer is one message. The token may come as the second protocol after "Bearer",
/// since web pages cannot set headers.
/// </summary>
internal static class JsonSocket
{
    /// <summary>Joined to the client's key, and hashed, it proves that the server knows WebSockets (RFC 6455, 1.3).</summary>
    private const string KeySuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    private const string Version = "13";
    private const string TokenProtocol = "Bearer";

    /// <summary>Bytes taken from the connection at once.</summary>
    private const int ReceiveBytes = 4096;

    /// <summary>Whether the request asks to go on as a WebSocket.</summary>
    public static bool IsAskedFor(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) && request.Headers.SecWebSocketKey.Count == 1 && request.Headers.SecWebSocketVersion == Version
        && request.Headers.Upgrade.ToString().Equals("websocket", StringComparison.OrdinalIgnoreCase)
        && request.HttpContext.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true };

    /// <summary>Goes on as a WebSocket until the answer ends or the client goes.</summary>
    /// <param name="http">A request for which <see cref="IsAskedFor"/> is true.</param>
    /// <param name="answer">Answers the POST.</param>
    public static async Task AnswerAsync(HttpContext http, Func<HttpContext, Task> answer)
    {
        var token = Token(http.Request.Headers);
        using var socket = await AcceptAsync(http, token is not null).ConfigureAwait(false);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        var requests = new Pipe();
        var receiving = ReceiveAsync(socket, requests.Writer, ended);
        var lines = new SocketLines(socket);
        try
        {
            await using (lines.ConfigureAwait(false))
            {
                await answer(Post(http, token, requests.Reader, lines, ended.Token)).ConfigureAwait(false);
            }

            if (!ended.IsCancellationRequested && socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
                await TryCloseAsync(socket, ended.Token).ConfigureAwait(false);
        }
        finally
        {
            // The receiver uses both what is disposed here and the pipe: it ends first, also when a client that went made the answer fail.
            await requests.Reader.CompleteAsync().ConfigureAwait(false);
            await ended.CancelAsync().ConfigureAwait(false);
            await receiving.ConfigureAwait(false);
        }
    }

    private static string? Token(IHeaderDictionary headers)
    {
        var protocols = headers.SecWebSocketProtocol.ToString().Split(',', StringSplitOptions.TrimEntries);
        return protocols is [TokenProtocol, var token] ? token : null;
    }

    private static async Task<WebSocket> AcceptAsync(HttpContext http, bool hasToken)
    {
        var response = http.Response.Headers;
        response.Connection = "Upgrade";
        response.Upgrade = "websocket";
        response.SecWebSocketAccept = AcceptOf(http.Request.Headers.SecWebSocketKey.ToString());
        if (hasToken)
            response.SecWebSocketProtocol = TokenProtocol;
        var stream = await http.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync().ConfigureAwait(false);
        return WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = true, SubProtocol = hasToken ? TokenProtocol : null });
    }

#pragma warning disable CA5350 // The protocol says SHA-1; nothing is kept secret by it.
    private static string AcceptOf(string key) => Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + KeySuffix)));
#pragma warning restore CA5350

    /// <summary>The same request as a POST whose body and answer are the socket's.</summary>
    private static DefaultHttpContext Post(HttpContext http, string? token, PipeReader body, Stream answer, CancellationToken ended)
    {
        IHeaderDictionary headers = new HeaderDictionary();
        foreach (var (name, value) in http.Request.Headers)
            headers[name] = value;
        if (token is not null)
            headers.Authorization = $"{TokenProtocol} {token}";
        var features = new FeatureCollection(http.Features);
        features.Set<IHttpRequestFeature>(new HttpRequestFeature
        {
            Method = HttpMethods.Post, Scheme = http.Request.Scheme, Path = http.Request.Path, QueryString = http.Request.QueryString.Value ?? "", Protocol = http.Request.Protocol, Headers = headers,
        });
        features.Set<IRequestBodyPipeFeature>(new Body(body));
        features.Set<IHttpResponseFeature>(new HttpResponseFeature());
        features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(answer));
        features.Set<IHttpRequestLifetimeFeature>(new HttpRequestLifetimeFeature { RequestAborted = ended });
        return new DefaultHttpContext(features);
    }

    /// <summary>The client's close, and its going, end the call; the end of its messages alone does not exist here.</summary>
    private static async Task ReceiveAsync(WebSocket socket, PipeWriter requests, CancellationTokenSource ended)
    {
        try
        {
            while (true)
            {
                var received = await socket.ReceiveAsync(requests.GetMemory(ReceiveBytes), ended.Token).ConfigureAwait(false);
                if (received.MessageType == WebSocketMessageType.Close)
                    break;
                requests.Advance(received.Count);
                if (received.EndOfMessage)
                    requests.Write("\n"u8);
                // Full: nothing more is read from the client until the gateway has taken what is there.
                if ((await requests.FlushAsync(ended.Token).ConfigureAwait(false)).IsCompleted)
                    break;
            }

            await ended.CancelAsync().ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is OperationCanceledException or WebSocketException or IOException)
        {
            await ended.CancelAsync().ConfigureAwait(false);
        }

        await requests.CompleteAsync().ConfigureAwait(false);
    }

    private static async Task TryCloseAsync(WebSocket socket, CancellationToken cancellationToken)
    {
        try
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is OperationCanceledException or WebSocketException or IOException)
        {
            // Nobody is left to be told.
        }
    }

    private sealed class Body(PipeReader reader) : IRequestBodyPipeFeature
    {
        public PipeReader Reader => reader;
    }
}
