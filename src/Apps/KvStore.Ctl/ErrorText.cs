using System.Text.Encodings.Web;
using System.Text.Json;
using KvStore.Grpc;

namespace KvStore.Ctl;

/// <summary>How etcd's Go client words an error: its own texts bare, any other status with its code.</summary>
internal static class ErrorText
{
    public static string Of(GrpcException failure)
    {
        if (failure.Code == StatusCode.DeadlineExceeded)
            return "context deadline exceeded";
        if (failure.Code == StatusCode.Canceled && !IsEtcds(failure))
            return "context canceled";
        return IsEtcds(failure)
            ? GoText.Of(failure.Message)
            : GoText.Of($"rpc error: code = {failure.Code} desc = {failure.Message}");
    }

    /// <summary>
    /// Why nobody answered in time, as a line of JSON like those of etcd's client; null where the deadline is all there is to say.
    /// </summary>
    public static string? CauseOf(GrpcException failure)
    {
        if (failure.Code != StatusCode.DeadlineExceeded || failure.InnerException is not GrpcException cause)
            return null;
        var error = JsonEncodedText.Encode(cause.Message, JavaScriptEncoder.UnsafeRelaxedJsonEscaping);
        return GoText.Of($"{{\"level\":\"warn\",\"logger\":\"kvctl\",\"msg\":\"the last attempt failed\",\"error\":\"{error}\"}}");
    }

    private static bool IsEtcds(GrpcException failure) => failure.Message.StartsWith("etcdserver: ", StringComparison.Ordinal);
}
