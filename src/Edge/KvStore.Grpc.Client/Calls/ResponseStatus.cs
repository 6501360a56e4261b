using System.Globalization;
using System.Net.Http.Headers;

namespace KvStore.Grpc.Client;

/// <summary>Reads how a call ended from headers or trailers.</summary>
internal static class ResponseStatus
{
    /// <summary>Refuses answers that are no gRPC, and those that ended with their headers. Null when messages may follow.</summary>
    public static GrpcException? OfHeaders(HttpResponseMessage response)
    {
        var contentType = response.Content.Headers.TryGetValues("Content-Type", out var values) ? values.FirstOrDefault() : null;
        if (TryRead(response.Headers, out var status))
            return status.IsOK ? null : new GrpcException(status, MetadataOf(response.Headers));
        var httpStatus = (int)response.StatusCode;
        return httpStatus != 200 || !GrpcHeaders.IsGrpcContentType(contentType)
            ? new GrpcException(HttpStatusMapping.Unexpected(httpStatus, contentType))
            : null;
    }

    /// <summary>Null when the call ended with OK. A stream without a status was cut off.</summary>
    public static GrpcException? OfTrailers(HttpResponseMessage response)
    {
        if (!TryRead(response.TrailingHeaders, out var status) && !TryRead(response.Headers, out status))
            status = new GrpcStatus(StatusCode.Internal, "server closed the stream without sending trailers");
        return status.IsOK ? null : new GrpcException(status, MetadataOf(response.TrailingHeaders));
    }

    public static Metadata MetadataOf(HttpHeaders headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers.NonValidated)
        {
            if (GrpcHeaders.IsReserved(name))
                continue;
            foreach (var value in values)
                metadata.AddReceived(name, value);
        }

        return metadata;
    }

    private static bool TryRead(HttpHeaders headers, out GrpcStatus status)
    {
        status = default;
        if (!headers.NonValidated.TryGetValues(GrpcHeaders.Status, out var codes))
            return false;
        var message = headers.NonValidated.TryGetValues(GrpcHeaders.Message, out var messages) ? PercentEncoding.Decode(messages.ToString()) : "";
        status = int.TryParse(codes.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var code)
            ? new GrpcStatus((StatusCode)code, message)
            : new GrpcStatus(StatusCode.Unknown, $"malformed grpc-status: {codes}");
        return true;
    }
}
