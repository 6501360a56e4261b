using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace KvStore.Grpc.Server;

/// <summary>
/// Every method this server answers, by path. Filled at start-up by one thread; frozen by the room, read by all. A method is
/// registered once; a service that is only declared answers "unknown method" instead of "unknown service".
/// </summary>
public sealed class GrpcServiceTable
{
    private readonly Dictionary<string, MethodEntry> _byPath = new(StringComparer.Ordinal);
    private readonly HashSet<string> _services = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RpcMethod> _declared = new(StringComparer.Ordinal);

    public IEnumerable<MethodCounters> Counters => _byPath.Values.Select(entry => entry.Counters);

    /// <summary>Declared methods without a handler; a server is complete when there are none.</summary>
    public IReadOnlyList<RpcMethod> Missing => [.. _declared.Values.Where(method => !_byPath.ContainsKey(method.Path))];

    /// <summary>Makes a service's name known and its methods expected.</summary>
    public void Declare(ServiceDescriptor service)
    {
        _services.Add(service.FullName);
        foreach (var method in service.Methods.Select(RpcMethod.From))
            _declared[method.Path] = method;
    }

    public void Unary(RpcMethod method, UnaryBytes handler) => AddSingle(method, RpcShape.Unary, handler);

    public void ServerStreaming(RpcMethod method, ServerStreamingBytes handler) =>
        AddSingle(method, RpcShape.ServerStreaming, new UnaryBytes(handler));

    public void ClientStreaming(RpcMethod method, DuplexBytes handler) => AddStream(method, RpcShape.ClientStreaming, handler);

    public void Duplex(RpcMethod method, DuplexBytes handler) => AddStream(method, RpcShape.Duplex, handler);

    public void Unary(MethodDescriptor method, UnaryBytes handler) => Unary(RpcMethod.From(method), handler);

    public void ServerStreaming(MethodDescriptor method, ServerStreamingBytes handler) => ServerStreaming(RpcMethod.From(method), handler);

    public void ClientStreaming(MethodDescriptor method, DuplexBytes handler) => ClientStreaming(RpcMethod.From(method), handler);

    public void Duplex(MethodDescriptor method, DuplexBytes handler) => Duplex(RpcMethod.From(method), handler);

    /// <summary>The typed form. A null answer means that the handler has set the call's status.</summary>
    public void Unary<TRequest, TResponse>(MethodDescriptor method, Func<ServerCall, TRequest, ValueTask<TResponse?>> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        var parser = TypedMessages.ParserOf<TRequest>(method.InputType);
        Unary(RpcMethod.From(method), async (call, bytes, response) =>
        {
            if (!TypedMessages.TryParse(parser, bytes, call, out var request))
                return;
            var answer = await handler(call, request).ConfigureAwait(false);
            if (answer is not null)
                response.WriteMessage(answer);
        });
    }

    public void ServerStreaming<TRequest, TResponse>(
        MethodDescriptor method, Func<ServerCall, TRequest, TypedResponses<TResponse>, ValueTask> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        var parser = TypedMessages.ParserOf<TRequest>(method.InputType);
        ServerStreaming(RpcMethod.From(method), (call, bytes, responses) =>
            TypedMessages.TryParse(parser, bytes, call, out var request)
                ? handler(call, request, new TypedResponses<TResponse>(responses))
                : ValueTask.CompletedTask);
    }

    public void Duplex<TRequest, TResponse>(
        MethodDescriptor method, Func<ServerCall, TypedRequests<TRequest>, TypedResponses<TResponse>, ValueTask> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        var parser = TypedMessages.ParserOf<TRequest>(method.InputType);
        Duplex(RpcMethod.From(method), (call, requests, responses) =>
            handler(call, new TypedRequests<TRequest>(requests, parser), new TypedResponses<TResponse>(responses)));
    }

    internal bool TryFind(string path, out MethodEntry? entry) => _byPath.TryGetValue(path, out entry);

    /// <summary>Why a path has no handler, in the words of Go's server.</summary>
    internal GrpcStatus UnknownPath(string path)
    {
        if (!RpcMethod.TrySplit(path, out var service, out var method))
            return GrpcTexts.MalformedPath(path);
        return _services.Contains(service) ? GrpcTexts.UnknownMethod(method, service) : GrpcTexts.UnknownService(service);
    }

    private void AddSingle(RpcMethod method, RpcShape shape, UnaryBytes handler) => Add(method, shape, new MethodEntry(method, handler, stream: null));

    private void AddStream(RpcMethod method, RpcShape shape, DuplexBytes handler) => Add(method, shape, new MethodEntry(method, single: null, handler));

    private void Add(RpcMethod method, RpcShape shape, MethodEntry entry)
    {
        if (method.Shape != shape)
            throw new ArgumentException($"{method.Path} is {method.Shape}, its handler is {shape}", nameof(method));
        if (!_byPath.TryAdd(method.Path, entry))
            throw new ArgumentException($"{method.Path} has a handler already", nameof(method));
        _services.Add(method.Service);
    }
}
