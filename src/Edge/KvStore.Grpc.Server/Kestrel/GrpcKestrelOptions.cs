namespace KvStore.Grpc.Server;

/// <summary>Limits of connections. Each bounds what a stranger may make the process hold.</summary>
public sealed record GrpcKestrelOptions
{
    /// <summary>Time for TLS, or for the first bytes on clear text; as Go's net/http and etcd.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Time for the head of a request (slow-loris; #22143). etcd 3.7 allows 5 minutes; nobody honest needs one.</summary>
    public TimeSpan HeadersTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Calls at once on one connection. etcd's default is no limit; a limit is what bounds rapid reset (CVE-2023-44487), since a reset
    /// call counts until its handler has returned. Found by what clients do: etcd's benchmark runs 1,000 clients on one
    /// connection, an API server holds some hundred watches on one.
    /// </summary>
    public int StreamsPerConnectionMax { get; init; } = 4096;

    /// <summary>Window for request bytes per stream: one request of 1 MiB needs one round trip.</summary>
    public int StreamWindowBytes { get; init; } = 1024 * 1024;

    /// <summary>Window per connection: four large requests at once. It is also what a connection may make us hold unread.</summary>
    public int ConnectionWindowBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>A ping to the client after this much silence; etcd's `--grpc-keepalive-interval`.</summary>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromHours(2);

    /// <summary>How long that ping may stay unanswered; etcd's `--grpc-keepalive-timeout`.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Least time between two pings of a client, which may send two more often and is cut off at the third: etcd's
    /// `--grpc-keepalive-min-time`, 5 s there. Null: pings are not judged, as between members, whose connections are few.
    /// </summary>
    public TimeSpan? ClientPingTimeMin { get; init; }

    /// <summary>
    /// Calls of a client's connection that may wait for a thread before no more of it is read. At some 20 us a call it is what one
    /// connection can delay the others by: 5 ms on one core; and threads never run out of work before the rest is read. Where
    /// pings are judged.
    /// </summary>
    public int CallsWaitingMax { get; init; } = 256;

    /// <summary>
    /// All headers of one request, and so of any number of CONTINUATION frames (CVE-2023-45288). A JWT of some kilobytes fits.
    /// </summary>
    public int RequestHeaderBytesMax { get; init; } = 32 * 1024;

    /// <summary>
    /// Response bytes that Kestrel holds per stream before the writer waits. Small enough that a thousand watchers who do not read
    /// cost tens of megabytes (W8), large enough for the usual answer.
    /// </summary>
    public long ResponseBufferBytes { get; init; } = 64 * 1024;

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
