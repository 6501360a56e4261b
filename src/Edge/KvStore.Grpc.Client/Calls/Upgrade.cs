using System.Net;

namespace KvStore.Grpc.Client;

/// <summary>Asks a server to go on in another protocol on the same connection.</summary>
internal static class Upgrade
{
    public static async Task<Stream> OpenAsync(
        EndpointPool pool, GrpcChannelOptions channel, string path, string protocol, CallOptions call, CancellationToken cancellationToken)
    {
        using var deadline = new CallDeadline(call.Timeout, channel.Time, cancellationToken);
        var endpoint = pool.Next();
        try
        {
            using var request = Request(endpoint.Name, path, protocol, call, channel);
            var response = await endpoint.SendAsync(request, deadline.Token).ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.SwitchingProtocols)
                return await response.Content.ReadAsStreamAsync(deadline.Token).ConfigureAwait(false);
            using (response)
                throw ResponseStatus.OfHeaders(response) ?? new GrpcException(HttpStatusMapping.Unexpected((int)response.StatusCode, contentType: null));
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            throw TransportErrors.Translate(exception, deadline, endpoint.Label);
        }
    }

    private static HttpRequestMessage Request(EndpointName endpoint, string path, string protocol, CallOptions call, GrpcChannelOptions channel)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(endpoint.Address, path))
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.TryAddWithoutValidation("connection", "upgrade");
        request.Headers.TryAddWithoutValidation("upgrade", protocol);
        request.Headers.TryAddWithoutValidation("user-agent", channel.UserAgent);
        foreach (var (name, value) in call.Headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return request;
    }
}
