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

    /// <summary>The user's password.</summary>
    public string? Password { get; init; }

    /// <summary>
    /// A token that was fetched elsewhere, sent with every call in place of one for <see cref="User"/>. When the server no longer takes
    /// it, its refusal is the answer: there is no password to fetch another with.
    /// </summary>
    public string? Token { get; init; }

    /// <summary>
    /// Time for one unary call, repeats included; null without a limit. Longer than an election and a server's own limit (7 s for a
    /// write) together, so that it decides only where nobody answers at all.
    /// </summary>
    public TimeSpan? CallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Time for a connection to one member to come up. The next is tried beside it after 250 ms, so this decides only when none does.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// A ping after this much silence on a connection in use, so that a member that vanished without a word is noticed; null sends
    /// none. Servers refuse pings more often than each 5 s.
    /// </summary>
    public TimeSpan? KeepAliveTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a ping may stay unanswered before the connection is given up.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary>Largest response, in bytes; as etcd's client no limit but the representable.</summary>
    public int ReceiveBytesMax { get; init; } = int.MaxValue;

    /// <summary>Largest request, in bytes: a larger one is refused here and not sent. No limit but the representable, unless told.</summary>
    public int SendBytesMax { get; init; } = int.MaxValue;

    /// <summary>Told in a line what happens on the connections. Any thread; must not throw.</summary>
    public Action<string>? OnTrace { get; init; }

    /// <summary>Pause before a broken stream is opened again: long enough not to spin, short beside an election.</summary>
    public TimeSpan ResumePause { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The clock, for timeouts and renewals.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
