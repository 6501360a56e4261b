using System.Net;

namespace KvStore.Grpc.Tests;

/// <summary>Speaks HTTP/2 without our client, to send what no client of ours would.</summary>
internal sealed class RawCall : IDisposable
{
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { UseProxy = false }, disposeHandler: true);

    public async Task<RawAnswer> SendAsync(
        string endpoint, string path, byte[]? body, string? contentType = "application/grpc", HttpMethod? method = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Post, endpoint + path)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = body is null ? null : new ByteArrayContent(body),
        };
        if (contentType is not null)
            request.Content?.Headers.TryAddWithoutValidation("Content-Type", contentType);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await _http.SendAsync(request, CancellationToken.None);
        var bytes = await response.Content.ReadAsByteArrayAsync();
        string? Header(string name) =>
            response.TrailingHeaders.TryGetValues(name, out var trailing) ? trailing.First()
            : response.Headers.TryGetValues(name, out var leading) ? leading.First() : null;
        return new RawAnswer((int)response.StatusCode, bytes, Header("grpc-status"), Header("grpc-message"), response.Content.Headers.ContentType?.ToString());
    }

    public static byte[] Frame(byte[] message, byte flag = 0, int? length = null)
    {
        var framed = new byte[5 + message.Length];
        MessagePrefix.Write(framed, length ?? message.Length);
        framed[0] = flag;
        message.CopyTo(framed, 5);
        return framed;
    }

    public void Dispose() => _http.Dispose();
}
