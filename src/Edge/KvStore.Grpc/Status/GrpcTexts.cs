using System.Globalization;

namespace KvStore.Grpc;

/// <summary>
/// The texts with which Go's gRPC server (1.6x–1.7x) refuses malformed calls. Clients and tests compare them, so they are kept
/// to the letter; the quoting of `%q` is Go's.
/// </summary>
public static class GrpcTexts
{
    public const string Canceled = "context canceled";
    public const string DeadlineExceeded = "context deadline exceeded";
    public const string UnparsableRequest = "grpc: error unmarshalling request: proto: cannot parse invalid wire-format data";
    public const string CompressedWithoutEncoding = "grpc: compressed flag set with identity or empty encoding";
    public const string NoRequestMessage = "cardinality violation: received no request message from non-client-streaming RPC";
    public const string TruncatedMessage = "unexpected EOF";
    public const string InternalError = "internal error";

    /// <summary>Go's server has no such answer: its process ends.</summary>
    public const string OutOfMemory = "the server has not enough memory for this call";

    public static GrpcStatus TooLarge(long length, long max) => new(
        StatusCode.ResourceExhausted, string.Create(CultureInfo.InvariantCulture, $"grpc: received message larger than max ({length} vs. {max})"));

    public static GrpcStatus UnknownService(string service) => new(StatusCode.Unimplemented, "unknown service " + service);

    public static GrpcStatus UnknownMethod(string method, string service) =>
        new(StatusCode.Unimplemented, $"unknown method {method} for service {service}");

    public static GrpcStatus MalformedPath(string path) => new(StatusCode.Unimplemented, $"malformed method name: {GoQuote.Quote(path)}");

    public static GrpcStatus InvalidContentType(string contentType) =>
        new(StatusCode.InvalidArgument, $"invalid gRPC request content-type {GoQuote.Quote(contentType)}");

    public static GrpcStatus NotPost(string method) => new(
        StatusCode.Internal, $"Received a HEADERS frame with :method {GoQuote.Quote(method)} which should be POST");

    public static GrpcStatus MalformedTimeout(string reason) => new(StatusCode.Internal, "malformed grpc-timeout: " + reason);

    public static GrpcStatus NoDecompressor(string encoding, bool isServer) => new(
        isServer ? StatusCode.Unimplemented : StatusCode.Internal,
        $"grpc: Decompressor is not installed for grpc-encoding {GoQuote.Quote(encoding)}");

    public static GrpcStatus UnexpectedFlag(byte flag) => new(
        StatusCode.Internal, string.Create(CultureInfo.InvariantCulture, $"grpc: received unexpected payload format {flag}"));
}
