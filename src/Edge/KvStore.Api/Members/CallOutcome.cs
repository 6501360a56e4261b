using KvStore.Grpc.Server;
using KvStore.Protocol;
using StatusCode = KvStore.Grpc.StatusCode;

namespace KvStore.Api.Members;

/// <summary>etcd's errors as the end of a call. The two enumerations of codes have the numbers of the wire.</summary>
internal static class CallOutcome
{
    /// <summary>Ends the call with the error, if there is one.</summary>
    public static bool IsRefused(this ServerCall call, EtcdError? error)
    {
        if (error is not null)
            call.Fail(error);
        return error is not null;
    }

    public static void Fail(this ServerCall call, EtcdError error) => call.Fail((StatusCode)(int)error.Code, error.Text);
}
