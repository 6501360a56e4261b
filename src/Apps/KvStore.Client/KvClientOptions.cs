using KvStore.Grpc.Client;

namespace KvStore.Client;

/// <summary>Where the cluster is and how to talk to it.</summary>
public sealed record KvClientOptions
{
    /// <summary>Members' client addresses (`http://`, `https://`, `unix://` or bare `host:port`); any of them serves.</summary>
    public required IReadOnlyList<string> Endpoints { get; init; }

    /// <summary>Certificates for https endpoints.</summary>
    public TlsClientOptions? Tls { get; init; }

    /// <summary>With a password a token is fetched before the first call, and again when the server no longer takes it.</summary>
    public string? User { get; init; }

    public string? Password { get; init; }

    /// <summary>Time for one unary call, repeats included; null without a limit.</summary>
    public TimeSpan? CallTimeout { get; init; }

    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(2);

    public TimeSpan? KeepAliveTime { get; init; }

    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary>Largest response; as etcd's client no limit but the representable.</summary>
    public int ReceiveBytesMax { get; init; } = int.MaxValue;

    /// <summary>Pause before a broken stream is opened again: long enough not to spin, short beside an election.</summary>
    public TimeSpan ResumePause { get; init; } = TimeSpan.FromMilliseconds(100);

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
