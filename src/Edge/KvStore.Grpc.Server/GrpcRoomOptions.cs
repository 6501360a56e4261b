namespace KvStore.Grpc.Server;

/// <summary>What a room may be told. Read at start-up; not changed afterwards.</summary>
public sealed record GrpcRoomOptions
{
    /// <summary>
    /// Bytes of the largest request message. etcd: max-request-bytes (1.5 MiB) plus 512 KiB for what surrounds the value, so that
    /// a slightly too large request is refused by the server's own text and not by the transport.
    /// </summary>
    public int ReceiveBytesMax { get; init; } = 1_572_864 + 524_288;

    /// <summary>Clock and timers of deadlines.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Ends the streams when the server stops; unary calls finish by themselves.</summary>
    public CancellationToken Stopping { get; init; }

    /// <summary>What a stream is told that ends because the server stops.</summary>
    public GrpcStatus StoppingStatus { get; init; } = new(StatusCode.Unavailable, "etcdserver: server stopped");

    /// <summary>
    /// Asked before every handler, after the headers were understood; a status other than OK ends the call. For what holds for all
    /// methods: not capable, learner, no leader. Must be quick and must not block.
    /// </summary>
    public Func<ServerCall, GrpcStatus>? Admit { get; init; }

    /// <summary>Told when a call has ended, with its status; for logs and latency metrics. Must be quick and must not throw.</summary>
    public Action<ServerCall, GrpcStatus>? OnFinished { get; init; }

    /// <summary>Told of an exception that no handler should let out; the caller only hears "internal error". Must not throw.</summary>
    public Action<ServerCall, Exception>? OnUnhandledException { get; init; }
}
