using Google.Protobuf;
using KvStore.Api.Calls;
using KvStore.Grpc;
using KvStore.Grpc.Server;
using KvStore.Protocol.Etcd;
using KvStore.Protocol.Lock;
using StatusCode = KvStore.Grpc.StatusCode;

namespace KvStore.Api.Locks;

/// <summary>
/// The Lock service (contract 3.10). A lock is the first place of a waiting line and lives as long as its lease: what is done under
/// it is safe only with the key's creation revision as a fence, since a holder may be paused longer than its lease lives.
/// </summary>
internal static class LockService
{
    private const string SessionExpired = "mutex: session is expired";

    public static void Register(GrpcServiceTable table)
    {
        var methods = LockReflection.Descriptor.Services.Single(service => service.Name == "Lock");
        table.Declare(methods);
        table.Unary<LockRequest, LockResponse>(methods.FindMethodByName("Lock"), LockAsync);
        table.Unary<UnlockRequest, UnlockResponse>(methods.FindMethodByName("Unlock"), UnlockAsync);
    }

    private static async ValueTask<LockResponse?> LockAsync(ServerCall call, LockRequest request)
    {
        var line = new WaitingLine(new CallerServices(call), request.Name);
        var lease = await line.LeaseAsync(request.Lease).ConfigureAwait(false);
        var place = await line.EnterAsync(lease, ByteString.Empty).ConfigureAwait(false);
        var header = await line.UntilFirstAsync(place).ConfigureAwait(false)
            ?? throw new GrpcException(StatusCode.Unknown, SessionExpired);
        return new LockResponse { Header = header, Key = place.Key };
    }

    private static async ValueTask<UnlockResponse?> UnlockAsync(ServerCall call, UnlockRequest request)
    {
        var answer = await new CallerServices(call).DeleteAsync(new DeleteRangeRequest { Key = request.Key }).ConfigureAwait(false);
        return new UnlockResponse { Header = answer.Header };
    }
}
