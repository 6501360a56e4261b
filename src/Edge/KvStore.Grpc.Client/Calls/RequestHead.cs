using System.Net;

namespace KvStore.Grpc.Client;

/// <summary>The headers of a call.</summary>
internal static class RequestHead
{
    public static HttpRequestMessage Make(EndpointName endpoint, string path, CallOptions call, GrpcChannelOptions channel, TimeSpan? remaining)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(endpoint.Address, path))
        {
            Version = HttpVersion.Version20,
            // Clear text too: the server is known to speak HTTP/2 ("prior knowledge").
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.TryAddWithoutValidation("te", "trailers");
        request.Headers.TryAddWithoutValidation("user-agent", channel.UserAgent);
        if (remaining is { } left)
            request.Headers.TryAddWithoutValidation(GrpcHeaders.Timeout, TimeoutGrammar.Format(left));
        foreach (var (name, value) in call.Headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return request;
    }
}
