using Google.Protobuf;

namespace KvStore.Grpc.Client;

/// <summary>
/// The way to a set of equal endpoints (`http://`, `https://`, `unix://`, `unixs://` or bare `host:port`). Connections are made
/// when needed, kept, and made again when lost; an endpoint that cannot be reached is passed over for the others. Thread-safe.
/// </summary>
public sealed class GrpcChannel : IDisposable
{
    private readonly EndpointPool _pool;

    public GrpcChannel(IReadOnlyList<string> endpoints, GrpcChannelOptions? options = null)
    {
        Options = options ?? new GrpcChannelOptions();
        _pool = new EndpointPool(endpoints, Options);
    }

    public GrpcChannel(string endpoint, GrpcChannelOptions? options = null)
        : this([endpoint], options)
    {
    }

    public GrpcChannelOptions Options { get; }

    public IReadOnlyList<string> Endpoints => _pool.Names;

    /// <summary>One message each way, as bytes. Throws <see cref="GrpcException"/> unless the status is OK.</summary>
    public Task<ReadOnlyMemory<byte>> UnaryAsync(
        string path, ReadOnlyMemory<byte> request, CallOptions? options = null, CancellationToken cancellationToken = default) =>
        UnaryCall.RunAsync(_pool, Options, path, request, options ?? CallOptions.None, cancellationToken);

    /// <summary>One message each way.</summary>
    public async Task<TResponse> UnaryAsync<TRequest, TResponse>(
        string path,
        TRequest request,
        MessageParser<TResponse> parser,
        CallOptions? options = null,
        CancellationToken cancellationToken = default)
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage<TResponse>
    {
        var answer = await UnaryAsync(path, request.ToByteArray(), options, cancellationToken).ConfigureAwait(false);
        return TypedAnswers.Parse(parser, answer);
    }

    /// <summary>Opens a call with messages both ways, as bytes. Nothing is awaited: failures come with the first read or write.</summary>
    public StreamCall OpenStream(string path, CallOptions? options = null, CancellationToken cancellationToken = default) =>
        new(_pool, Options, path, options ?? CallOptions.None, cancellationToken);

    /// <summary>One request, many responses.</summary>
    public ServerStreamingCall<TResponse> ServerStreaming<TRequest, TResponse>(
        string path,
        TRequest request,
        MessageParser<TResponse> parser,
        CallOptions? options = null,
        CancellationToken cancellationToken = default)
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage<TResponse>
    {
        var message = request.ToByteArray();
        UnaryCall.CheckLength(message.Length, Options.SendBytesMax);
        var stream = OpenStream(path, options, cancellationToken);
        stream.Post(message);
        return new ServerStreamingCall<TResponse>(stream, parser);
    }

    /// <summary>Messages both ways.</summary>
    public DuplexCall<TRequest, TResponse> Duplex<TRequest, TResponse>(
        string path, MessageParser<TResponse> parser, CallOptions? options = null, CancellationToken cancellationToken = default)
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage<TResponse> =>
        new(OpenStream(path, options, cancellationToken), parser);

    /// <summary>
    /// Turns a connection of its own into a bare stream of bytes both ways (HTTP/1.1 Upgrade, RFC 9110 section 7.8). The caller disposes
    /// it. Throws <see cref="GrpcException"/>: the status in the answer's headers when the server refused.
    /// </summary>
    public Task<Stream> UpgradeAsync(string path, string protocol, CallOptions options, CancellationToken cancellationToken = default) =>
        Upgrade.OpenAsync(_pool, Options, path, protocol, options, cancellationToken);

    /// <summary>What stands at a plain path of the next endpoint, such as `/metrics`, as text. Throws <see cref="GrpcException"/> unless it is there.</summary>
    public Task<string> GetTextAsync(string path, CallOptions? options = null, CancellationToken cancellationToken = default) =>
        PlainGet.RunAsync(_pool, Options, path, options ?? CallOptions.None, cancellationToken);

    public void Dispose() => _pool.Dispose();
}
