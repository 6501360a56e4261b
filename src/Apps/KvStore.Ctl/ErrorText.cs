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

    private static bool IsEtcds(GrpcException failure) => failure.Message.StartsWith("etcdserver: ", StringComparison.Ordinal);
}
