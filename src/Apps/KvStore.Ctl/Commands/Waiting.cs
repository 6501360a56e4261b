using KvStore.Client;
using KvStore.Ctl.Arguments;
using KvStore.Grpc;

namespace KvStore.Ctl.Commands;

/// <summary>What `lock` and `elect` have in common: they wait for their turn, and then for a signal or the end of their session.</summary>
internal static class Waiting
{
    /// <summary>etcd's time for a session that names none.</summary>
    public const long SessionSeconds = 60;

    /// <summary>
    /// Opens a session and waits in line with its lease. When the member that is waited at goes away, the wait begins anew at
    /// another with a new lease; the old one is revoked, or its place would be before ours until it expires. A signal while waiting
    /// is an error here: the lock was not got.
    /// </summary>
    public static async Task<(Session Session, T Won)> InLineAsync<T>(Invocation call, long ttlSeconds, Func<long, Task<T>> enter)
    {
        while (true)
        {
            Session? session = null;
            try
            {
                session = await Session.OpenAsync(call.Client, TimeSpan.FromSeconds(ttlSeconds), call.Stopping).ConfigureAwait(false);
                return (session, await enter(session.Lease.Value).ConfigureAwait(false));
            }
            catch (GrpcException lost) when (lost.Code == StatusCode.Unavailable && session is not null && !call.Stopping.IsCancellationRequested)
            {
                await session.OrphanAsync().ConfigureAwait(false);
                await call.Client.Lease.RevokeAsync(session.Lease, call.Stopping).ConfigureAwait(false);
            }
            catch (Exception ended) when (ended is OperationCanceledException or GrpcException && call.Stopping.IsCancellationRequested)
            {
                throw new CtlException(ExitCode.Error, "context canceled");
            }
            catch (GrpcException refused)
            {
                throw new CtlException(ExitCode.Error, refused.Code == StatusCode.Unknown ? GoText.Of(refused.Message) : ErrorText.Of(refused));
            }
        }
    }

    /// <summary>True at a signal, false when the session is lost.</summary>
    public static async Task<bool> UntilStoppedAsync(Invocation call, Session session)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = call.Stopping.Register(stopped.SetResult).ConfigureAwait(false);
        return await Task.WhenAny(stopped.Task, session.Ended).ConfigureAwait(false) == stopped.Task;
    }
}
