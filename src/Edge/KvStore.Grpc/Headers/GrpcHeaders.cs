namespace KvStore.Grpc;

/// <summary>Header names of the protocol; lower case, as HTTP/2 has them.</summary>
public static class GrpcHeaders
{
    public const string ContentType = "application/grpc";
    public const string Status = "grpc-status";
    public const string Message = "grpc-message";
    public const string Timeout = "grpc-timeout";
    public const string Encoding = "grpc-encoding";
    public const string BinarySuffix = "-bin";

    /// <summary>True for `application/grpc` alone or followed by `+` or `;`; `application/grpc-web` is something else.</summary>
    public static bool IsGrpcContentType(string? contentType)
    {
        if (contentType is null || !contentType.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase))
            return false;
        return contentType.Length == ContentType.Length || contentType[ContentType.Length] is '+' or ';';
    }

    /// <summary>Names that belong to the transport: not metadata, neither given to handlers nor taken from callers.</summary>
    public static bool IsReserved(string name) =>
        name.StartsWith(':') || name.StartsWith("grpc-", StringComparison.OrdinalIgnoreCase)
        || name.ToUpperInvariant() is "CONTENT-TYPE" or "USER-AGENT" or "TE" or "HOST" or "CONTENT-LENGTH" or "DATE" or "SERVER";
}
