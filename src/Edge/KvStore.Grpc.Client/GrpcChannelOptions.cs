namespace KvStore.Grpc.Client;

/// <summary>What a channel may be told. Read when the channel is made.</summary>
public sealed record GrpcChannelOptions
{
    /// <summary>Certificates for https endpoints; null trusts the system's roots and shows no certificate.</summary>
    public TlsClientOptions? Tls { get; init; }

    /// <summary>Largest response message. As etcd's client: no limit but the representable.</summary>
    public int ReceiveBytesMax { get; init; } = int.MaxValue;

    /// <summary>Largest request message; a larger one is refused before it is sent. No limit but the representable, unless told.</summary>
    public int SendBytesMax { get; init; } = int.MaxValue;

    /// <summary>Time for a connection to come up: TCP and TLS or, in clear text, the server's first frame. Long enough for a lost SYN to be repeated twice (1 s, 2 s).</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A ping after this much silence; null sends none. gRPC servers refuse pings more often than each 5 s.</summary>
    public TimeSpan? KeepAliveTime { get; init; }

    /// <summary>How long a ping may stay unanswered before the connection is given up.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Rounds of repeats after `Unavailable`; as etcd's client.</summary>
    public int RepeatsMax { get; init; } = 100;

    /// <summary>Pause after each round over all endpoints, ±10 %; as etcd's client.</summary>
    public TimeSpan RepeatPause { get; init; } = TimeSpan.FromMilliseconds(25);

    /// <summary>Our window for response bytes per stream: large enough that a range of some megabytes needs few round trips.</summary>
    public int InitialStreamWindowBytes { get; init; } = 1024 * 1024;

    /// <summary>Told in a line what happens: connections made and lost, calls sent and how they were answered. Any thread; must not throw.</summary>
    public Action<string>? OnTrace { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public string UserAgent { get; init; } = "kvstore-grpc/0.1";
}
