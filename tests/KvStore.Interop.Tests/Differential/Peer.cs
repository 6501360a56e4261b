using Google.Protobuf;
using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Protocol.Etcd;

namespace KvStore.Interop.Tests.Differential;

/// <summary>One of the two servers, asked over one connection so that the order of requests is the order of the sequence.</summary>
internal sealed class Peer(string endpoint) : IDisposable
{
    private static readonly CallOptions Once = new() { Repeat = RepeatRule.Never, Timeout = TimeSpan.FromSeconds(30) };

    public GrpcChannel Channel { get; } = new("http://" + endpoint);

    /// <summary>The answer, or the status in its place.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="token">Of the caller in whose name; null for nobody's.</param>
    public async Task<(IMessage? Response, string Error)> AskAsync(RandomRequest request, string? token = null)
    {
        var headers = token is null ? Metadata.Empty : new Metadata();
        if (token is not null)
            headers.Add("token", token);
        try
        {
            if (request.Message is LeaseKeepAliveRequest keepAlive)
                return (await KeepAliveAsync(keepAlive, Once with { Headers = headers }), "");
            var bytes = await Channel.UnaryAsync(request.Path, request.Message.ToByteArray(), Once with { Headers = headers });
            return (request.Response.ParseFrom(bytes.Span.ToArray()), "");
        }
        catch (GrpcException exception)
        {
            return (null, $"{exception.Status.Code}: {exception.Status.Message}");
        }
    }

    /// <summary>One message on a stream of its own.</summary>
    private async Task<IMessage> KeepAliveAsync(LeaseKeepAliveRequest request, CallOptions options)
    {
        using var stop = new CancellationTokenSource();
        using var call = Channel.Duplex<LeaseKeepAliveRequest, LeaseKeepAliveResponse>(
            "/etcdserverpb.Lease/LeaseKeepAlive", LeaseKeepAliveResponse.Parser, options, stop.Token);
        await call.WriteAsync(request);
        Assert.True(await call.MoveNextAsync(), "a keep-alive is answered or refused");
        var answer = call.Current;
        await stop.CancelAsync();
        return answer;
    }

    public void Dispose() => Channel.Dispose();
}
