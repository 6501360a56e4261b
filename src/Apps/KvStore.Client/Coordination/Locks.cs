namespace KvStore.Client;

/// <summary>
/// Locks between processes, in one line with those of etcd's clients (`concurrency.Mutex`) and of `etcdctl lock` and `kvctl lock`.
/// </summary>
public static class Locks
{
    /// <summary>
    /// Waits for a lock with a session of its own.
    /// </summary>
    /// <param name="client">The client, which outlives the lock.</param>
    /// <param name="name">The lock's name: the prefix of the keys of those who wait, without the slash at its end.</param>
    /// <param name="timeToLive">How long others wait after its holder has vanished without a word.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="PlaceLostException">The session was lost while waiting.</exception>
    /// <exception cref="Grpc.GrpcException">The server refused, for instance for want of permission.</exception>
    public static async Task<HeldLock> LockAsync(this KvClient client, KvBytes name, TimeSpan timeToLive, CancellationToken cancellationToken = default)
    {
        var session = await Session.OpenAsync(client, timeToLive, cancellationToken).ConfigureAwait(false);
        try
        {
            return await WaitAsync(session, name, ownsSession: true, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await session.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Waits for a lock that ends at the latest with this session. A session holds each lock once.</summary>
    /// <param name="session">The session, which may hold other locks, too.</param>
    /// <param name="name">The lock's name: the prefix of the keys of those who wait, without the slash at its end.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="PlaceLostException">The session was lost while waiting.</exception>
    /// <exception cref="InvalidOperationException">The session holds this lock already, or waits for it.</exception>
    /// <exception cref="Grpc.GrpcException">The server refused, for instance for want of permission.</exception>
    public static Task<HeldLock> LockAsync(this Session session, KvBytes name, CancellationToken cancellationToken = default) =>
        WaitAsync(session, name, ownsSession: false, cancellationToken);

    /// <summary>Takes a lock if nobody holds it; null when somebody does.</summary>
    /// <inheritdoc cref="LockAsync(Session, KvBytes, CancellationToken)" />
    public static async Task<HeldLock?> TryLockAsync(this Session session, KvBytes name, CancellationToken cancellationToken = default)
    {
        var line = new WaitingLine(session, name);
        return await line.TryAsync(KvBytes.Empty, cancellationToken).ConfigureAwait(false) is { } place
            ? new HeldLock(session, line, place, ownsSession: false)
            : null;
    }

    private static async Task<HeldLock> WaitAsync(Session session, KvBytes name, bool ownsSession, CancellationToken cancellationToken)
    {
        var line = new WaitingLine(session, name);
        var place = await line.WaitAsync(KvBytes.Empty, cancellationToken).ConfigureAwait(false);
        return new HeldLock(session, line, place, ownsSession);
    }
}
