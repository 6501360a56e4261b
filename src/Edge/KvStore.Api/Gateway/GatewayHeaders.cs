using KvStore.Grpc;
using Microsoft.AspNetCore.Http;

namespace KvStore.Api.Gateway;

/// <summary>Which HTTP headers go with the call, and as what metadata: grpc-gateway's rules as far as etcd knows the names.</summary>
internal static class GatewayHeaders
{
    private const string MetadataPrefix = "grpc-metadata-";

    /// <summary>The metadata; throws on a binary value that is none.</summary>
    public static HeaderDictionary Metadata(IHeaderDictionary headers)
    {
        var metadata = new HeaderDictionary();
        foreach (var (name, values) in headers)
        {
            if (name.Equals("authorization", StringComparison.OrdinalIgnoreCase))
                metadata["authorization"] = values;
            else if (name.StartsWith(MetadataPrefix, StringComparison.OrdinalIgnoreCase) && name.Length > MetadataPrefix.Length)
                metadata[name[MetadataPrefix.Length..].ToLowerInvariant()] = Checked(name, values);
        }

        return metadata;
    }

    /// <summary>The caller's deadline, in gRPC's own grammar; null without one.</summary>
    public static string? Timeout(IHeaderDictionary headers)
    {
        if (headers.GrpcTimeout.Count == 0 || headers.GrpcTimeout[0] is not { Length: > 0 } value)
            return null;
        return TimeoutGrammar.TryParse(value, out _, out _)
            ? value
            : throw new GatewayException(StatusCode.InvalidArgument, $"invalid grpc-timeout: {value}");
    }

    private static Microsoft.Extensions.Primitives.StringValues Checked(string name, Microsoft.Extensions.Primitives.StringValues values)
    {
        if (name.EndsWith(GrpcHeaders.BinarySuffix, StringComparison.OrdinalIgnoreCase) && !values.All(value => BinaryMetadata.TryDecode(value ?? "", out _)))
            throw new GatewayException(StatusCode.InvalidArgument, $"invalid binary header {name}");
        return values;
    }
}
