using KvStore.Client;
using KvStore.Ctl.Arguments;
using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Protocol.Etcd;

namespace KvStore.Ctl.Commands.Bench;

/// <summary>The connections of one run, each to one endpoint, and what their calls carry.</summary>
internal sealed class BenchConnections : IDisposable
{
    private readonly List<GrpcChannel> _channels = [];

    private BenchConnections(KvClientOptions client, int count, GrpcChannelOptions options)
    {
        for (var number = 0; number < count; number++)
        {
            _channels.Add(new GrpcChannel(client.Endpoints[number % client.Endpoints.Count], options with
            {
                Tls = client.Tls,
                ConnectTimeout = client.ConnectTimeout,
                ReceiveBytesMax = client.ReceiveBytesMax,
            }));
        }
    }

    public IReadOnlyList<GrpcChannel> Channels => _channels;

    /// <summary>A failed call counts as failed: nothing is sent twice.</summary>
    public CallOptions Options { get; private set; } = new() { Repeat = RepeatRule.Never };

    public static async Task<BenchConnections> OpenAsync(Invocation call, int count, GrpcChannelOptions? options = null)
    {
        var connections = new BenchConnections(call.ClientOptions, count, options ?? new GrpcChannelOptions());
        if (call.ClientOptions is { User: { } user, Password: { } password })
        {
            var answer = await connections.Channels[0].UnaryAsync(
                "/etcdserverpb.Auth/Authenticate", new AuthenticateRequest { Name = user, Password = password }, AuthenticateResponse.Parser,
                cancellationToken: call.Stopping).ConfigureAwait(false);
            var headers = new Metadata();
            headers.Add("token", answer.Token);
            connections.Options = connections.Options with { Headers = headers };
        }

        return connections;
    }

    public void Dispose()
    {
        foreach (var channel in _channels)
            channel.Dispose();
    }
}
