using System.Net;
using System.Net.Http.Headers;

namespace KvStore.Grpc.Client;

/// <summary>
/// What stands at a plain path of a server, as text: its metrics, its health. By HTTP/1.1, since servers take every call over HTTP/2 in
/// clear text for gRPC.
/// </summary>
internal static class PlainGet
{
    public static async Task<string> RunAsync(EndpointPool pool, GrpcChannelOptions channel, string path, CallOptions call, CancellationToken cancellationToken)
    {
        using var deadline = new CallDeadline(call.Timeout, channel.Time, cancellationToken);
        var endpoint = pool.Next();
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(endpoint.Name.Address, path))
            {
                Version = HttpVersion.Version11,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            request.Headers.UserAgent.Add(ProductInfoHeaderValue.Parse(channel.UserAgent));
            using var response = await endpoint.SendAsync(request, deadline.Token).ConfigureAwait(false);
            if (response.StatusCode != HttpStatusCode.OK)
                throw new GrpcException(HttpStatusMapping.Unexpected((int)response.StatusCode, contentType: null));
            return await response.Content.ReadAsStringAsync(deadline.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            throw TransportErrors.Translate(exception, deadline, endpoint.Label);
        }
    }
}
