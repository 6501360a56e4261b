using Google.Protobuf.Reflection;

namespace KvStore.Grpc;

/// <summary>One method: the service's full name, its own name and its shape. The path is what stands in `:path`.</summary>
public sealed record RpcMethod(string Service, string Name, RpcShape Shape)
{
    public string Path { get; } = $"/{Service}/{Name}";

    /// <summary>The table is built from descriptors, so that no stub code is generated and none can be forgotten.</summary>
    public static RpcMethod From(MethodDescriptor descriptor) => new(
        descriptor.Service.FullName,
        descriptor.Name,
        (descriptor.IsClientStreaming, descriptor.IsServerStreaming) switch
        {
            (false, false) => RpcShape.Unary,
            (false, true) => RpcShape.ServerStreaming,
            (true, false) => RpcShape.ClientStreaming,
            (true, true) => RpcShape.Duplex,
        });

    /// <summary>Splits a request path at its last slash; false when there is none after the first character.</summary>
    public static bool TrySplit(string path, out string service, out string method)
    {
        var name = path.StartsWith('/') ? path.AsSpan(1) : path;
        var slash = name.LastIndexOf('/');
        service = slash < 0 ? "" : name[..slash].ToString();
        method = slash < 0 ? "" : name[(slash + 1)..].ToString();
        return slash >= 0;
    }
}
